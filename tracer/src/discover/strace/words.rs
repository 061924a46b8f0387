//! What is in the text of strace, said before anything is judged.

use super::line::What;
use super::order::Entry;
use super::tree::Tree;
use crate::discover::{Model, Role};

/// Sentences about the text, first the most important one.
pub(super) fn about(model: &Model, lines: &[Entry<'_>], tree: &Tree) -> Vec<String> {
    let children = model
        .children
        .iter()
        .filter(|child| child.role != Role::Program)
        .count();
    let mut notes = vec![match (&model.server, children) {
        (Some(server), 0) if !tree.follows() => format!(
            "This strace holds a server (pid {}) and none of its children: it was made without -f, and a backend is loaded in a \
             child.",
            server.pid
        ),
        (Some(server), 0) => format!(
            "This strace holds a server (pid {}), which started no child to look for a GPU.",
            server.pid
        ),
        (Some(server), 1) => format!(
            "This strace holds a server (pid {}) and 1 process it started to look for GPUs.",
            server.pid
        ),
        (Some(server), count) => format!(
            "This strace holds a server (pid {}) and {count} processes it started to look for GPUs.",
            server.pid
        ),
        (None, 0) if !tree.starts() => "This strace holds no start of any program: it was attached to what ran already, or execve is not \
                                        among the traced calls."
            .to_owned(),
        (None, 0) => "This strace holds no start of a server and none of its children: it was attached to what ran \
                      already, or to a client."
            .to_owned(),
        (None, _) => "This strace holds children of a server and not the start of the server itself.".to_owned(),
    }];
    notes.push(
        "strace shows neither variables nor calls of libraries: what a loader looked for in vain is certain, that something \
         did not happen is not. #N is line N."
            .to_owned(),
    );
    if !tree.shows_words {
        notes.push(
            "Words are not in it; with -e trace=all or write, and -s 4096, it would tell more."
                .to_owned(),
        );
    }
    let open = lines
        .last()
        .is_some_and(|last| !matches!(last.what, What::Exited(_) | What::Killed(..)));
    if open && !model.finished {
        notes.push("It ends while processes still ran.".to_owned());
    }
    notes
}
