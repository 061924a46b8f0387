//! What the user is told: who is recorded, as whom it runs, and what that hides.

use std::collections::BTreeSet;

use super::target::Target;
use crate::cmd::run::engine;
use crate::cmd::run::live::OnExec;
use crate::event::Text;
use crate::event::loss::Note;
use crate::source::running::{self, Owner};
use crate::source::screen;
use crate::source::user::{Accounts as _, SystemAccounts};
use crate::view::{amount, escape};

/// One line when the recording has begun.
pub(super) fn begun(target: &Target, joined: usize, engine: &str) {
    let waits = !target.awaited.is_empty();
    let found = amount::of(joined as u64, "running process");
    let label = escape::text(&target.label);
    let what = match (joined, waits) {
        (0, _) => format!("waiting for the next start ({label})"),
        (_, true) => format!("attached to {found} ({label}), and to those that start"),
        (_, false) => format!("attached to {found} ({label})"),
    };
    say(&format!(
        "vgputrace: {what}, with {engine}; Ctrl-C ends the recording and leaves everything running\n"
    ));
    for note in &target.notes {
        say(&format!(
            "vgputrace: {}\n",
            escape::text(note.text.as_str())
        ));
    }
}

/// Notes for the trace: what began before it, and what the user of the target hides.
pub(super) fn about(target: &Target) -> Vec<Note> {
    let mut notes = Vec::new();
    let mut note = |id: &str, text: String| {
        notes.push(Note {
            id: Text::from(id),
            text: screen::text(text.as_bytes()),
        });
    };
    if !target.members.is_empty() {
        note(
            "attached_late",
            "attached to processes that ran already: what they loaded, opened and asked before is not in this recording"
                .to_owned(),
        );
    }
    let Some(pid) = target.members.first().copied() else {
        return notes;
    };
    let Some(owner) = running::owner(pid, &SystemAccounts) else {
        return notes;
    };
    let hidden = std::fs::read(format!("/proc/{pid}/environ")).is_err();
    note("target_user", of_owner(&owner, hidden));
    notes
}

/// What ptrace costs a process that somebody else has started, and what it cannot see.
pub(super) fn cost(why: Option<&str>) -> Note {
    let engine = engine::taken(why);
    Note {
        id: Text::from("engine_ptrace"),
        text: screen::text(
            format!(
                "{engine}: each system call stops the target twice, a call that waits may \
                 come back with EINTR once, and functions of libraries (the loader's words, driver calls) are not seen"
            )
            .as_bytes(),
        ),
    }
}

/// Names the user of programs that start, each user once.
pub(super) fn users() -> OnExec {
    /// A program that starts programs as others is no reason for many words.
    const MOST: usize = 4;
    let mut told = BTreeSet::new();
    Box::new(move |exec| {
        let uid = exec.uid[1];
        if exec.already || uid == u32::MAX || told.len() >= MOST || !told.insert(uid) {
            return None;
        }
        // Another mount namespace has accounts of its own.
        let account = match exec.mount_namespace {
            None => SystemAccounts.user_by_id(uid).ok().flatten(),
            Some(_) => None,
        };
        let owner = Owner {
            uid,
            name: account.map(|account| account.name),
        };
        Some(Note {
            id: Text::from("target_user"),
            text: screen::text(of_owner(&owner, false).as_bytes()),
        })
    })
}

/// As whom the target runs, and what that hides from this recorder or from the reader.
fn of_owner(owner: &Owner, hidden: bool) -> String {
    let who = owner.text();
    if hidden {
        return format!(
            "the target runs as {who}, whose environment and program this recorder may not read: run vgputrace as root to \
             have them"
        );
    }
    if owner.uid == 0 {
        return format!(
            "the target runs as {who}: files and devices that are closed to others are open to it"
        );
    }
    format!("the target runs as {who}: what its user may not read or open fails for it alone")
}

#[expect(clippy::print_stderr, reason = "words for the user")]
fn say(text: &str) {
    eprint!("{text}");
}

#[cfg(test)]
mod tests {
    use super::{of_owner, users};
    use crate::event::process::Exec;
    use crate::source::running::Owner;

    fn exec(uid: u32, already: bool) -> Exec {
        let line = format!(
            r#"{{"pid":1,"file":"/a","exe":"/a","argv":[],"env":[],"cwd":"/","uid":[{uid},{uid}],"gid":[0,0],"already":{already}}}"#
        );
        serde_json::from_str(&line).unwrap()
    }

    #[test]
    fn each_user_of_a_program_that_starts_is_named_once() {
        let mut users = users();
        assert!(users(&exec(0, true)).is_none(), "it was named already");
        let root = users(&exec(0, false)).unwrap();
        assert!(root.text.as_str().contains("(uid 0)"), "{root:?}");
        assert!(users(&exec(0, false)).is_none());
        let other = users(&exec(65_000, false)).unwrap();
        assert!(other.text.as_str().contains("uid 65000"), "{other:?}");
    }

    #[test]
    fn the_user_of_the_target_is_named_with_what_it_hides() {
        let ollama = Owner {
            uid: 998,
            name: Some("ollama".to_owned()),
        };
        let root = Owner { uid: 0, name: None };
        assert!(of_owner(&ollama, true).contains("ollama (uid 998), whose environment"));
        assert!(of_owner(&ollama, false).contains("its user may not read"));
        assert!(of_owner(&root, false).contains("closed to others are open to it"));
    }
}
