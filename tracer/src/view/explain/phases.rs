//! The phases of a discovery, a line each: what the server found to try, every process that it started for it and what came of
//! that, what it uses in the end.

use super::story::words::{end_of, of_answer};
use crate::discover::Model;
use crate::discover::model::{Child, End, Folder, Spawn};

/// Phases that are told.
const MAX_PHASES: usize = 200;

/// One phase.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Phase {
    /// Who: a role such as `runner[cuda_v12] pass 1`.
    pub role: String,
    /// How long it took, or has taken so far, nanoseconds.
    pub took: Option<u64>,
    /// What came of it; empty where nothing was seen.
    pub words: String,
    /// The end of this process was not seen.
    pub open: bool,
}

/// Those of a discovery, in order.
#[must_use]
pub fn phases(model: &Model) -> Vec<Phase> {
    let mut phases: Vec<Phase> = found(model).into_iter().collect();
    phases.extend(model.children.iter().take(MAX_PHASES).map(of_child));
    for device in model.devices.iter().take(MAX_PHASES) {
        phases.push(of_server(format!("uses {} {}", device.library, device.id)));
    }
    if model.cpu_only.is_some() {
        phases.push(of_server("uses the CPU alone".to_owned()));
    }
    phases
}

fn of_server(words: String) -> Phase {
    Phase {
        role: "server".to_owned(),
        words,
        ..Phase::default()
    }
}

/// The candidates that the server met.
fn found(model: &Model) -> Option<Phase> {
    model.server.as_ref()?;
    let seen = |folder: &Folder| folder.listed.is_some() || folder.seen.is_some();
    if !model.folders.iter().any(seen) {
        return None;
    }
    let candidates = model.folders.iter().filter(|folder| folder.is_candidate());
    let names: Vec<&str> = candidates.map(|folder| folder.name.as_str()).collect();
    Some(of_server(if names.is_empty() {
        "looks into the library folder: no backend in a folder of its own".to_owned()
    } else {
        format!("looks into the library folder: {}", names.join(", "))
    }))
}

fn of_child(child: &Child) -> Phase {
    let took = child.ended.checked_sub(child.begun);
    let answer = child.answer.as_ref().map(of_answer);
    let normal = matches!(
        child.end,
        End::Exit(0, _)
            | End::KilledByServer {
                before_answer: false,
                ..
            }
    );
    let (open, end) = match &child.spawn {
        Spawn::Done => (child.end == End::Unknown, end_of(child).1),
        Spawn::Failed(_) => (false, "could not be started".to_owned()),
        Spawn::ForkFailed(err, _) => (false, format!("could not be made: {err}")),
        Spawn::ExecFailed(err, _) => (false, format!("could not be executed: {err}")),
    };
    Phase {
        role: child.role.to_string(),
        took: took.filter(|_| child.begun > 0 && child.ended > 0),
        words: match answer {
            Some(answer) if normal || open => answer,
            Some(answer) => format!("{answer}; {end}"),
            None if open => String::new(),
            None => end,
        },
        open,
    }
}

#[cfg(test)]
mod tests {
    use super::phases;
    use crate::discover::events::Discovery;
    use crate::view::samples::bootstrap;

    #[test]
    fn the_phases_of_a_bootstrap_are_told_in_order() {
        let mut discovery = Discovery::new(Some(&bootstrap::header()));
        for event in bootstrap::events() {
            discovery.push(&event);
        }
        let told: Vec<String> = phases(&discovery.finish())
            .into_iter()
            .map(|phase| format!("{}: {}", phase.role, phase.words))
            .collect();
        let expected = [
            "server: looks into the library folder: cuda_v13",
            "runner[cuda_v13] pass 1: killed by the server before it had answered",
            "runner[vulkan] pass 1: ended with exit code 2",
            "server: uses the CPU alone",
        ];
        assert_eq!(told, expected);
    }
}
