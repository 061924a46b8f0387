//! The phases of a discovery, a line each: what the server found to try, every process that it started for it and what came of
//! that, what it uses in the end.

use super::story::{of_answer, of_end};
use crate::discover::Model;
use crate::discover::model::{At, Child, End, Evidence, Folder};

/// Phases that are told.
const MAX_PHASES: usize = 200;

/// One phase.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Phase {
    /// Number of the event that began it, where one did.
    pub event: Option<u64>,
    /// Number of the event by which it was known what came of it, where there is one.
    pub known: Option<u64>,
    /// Who: a role such as `runner[cuda_v12] pass 1`.
    pub role: String,
    /// How long it took, nanoseconds.
    pub took: Option<u64>,
    /// What came of it.
    pub words: String,
}

/// Those of a discovery, in order.
#[must_use]
pub fn phases(model: &Model) -> Vec<Phase> {
    let mut phases: Vec<Phase> = found(model).into_iter().collect();
    phases.extend(model.children.iter().take(MAX_PHASES).map(of_child));
    let uses = |seen: Option<&Evidence>, words: String| Phase {
        event: number(seen),
        known: None,
        role: "server".to_owned(),
        took: None,
        words,
    };
    for device in model.devices.iter().take(MAX_PHASES) {
        let words = format!("uses {} {}", device.library, device.id);
        phases.push(uses(device.seen.as_ref(), words));
    }
    if let Some(seen) = &model.cpu_only {
        phases.push(uses(Some(seen), "uses the CPU alone".to_owned()));
    }
    phases
}

/// The candidates that the server met.
fn found(model: &Model) -> Option<Phase> {
    model.server.as_ref()?;
    let seen = |folder: &Folder| {
        let seen = folder.listed.as_ref().or(folder.seen.as_ref());
        number(seen)
    };
    let event = model.folders.iter().filter_map(seen).min()?;
    let candidates = model.folders.iter().filter(|folder| folder.is_candidate());
    let names: Vec<&str> = candidates.map(|folder| folder.name.as_str()).collect();
    Some(Phase {
        event: Some(event),
        known: None,
        role: "server".to_owned(),
        took: None,
        words: if names.is_empty() {
            "looks into the library folder: no backend in a folder of its own".to_owned()
        } else {
            format!("looks into the library folder: {}", names.join(", "))
        },
    })
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
    let (ended, end) = of_end(&child.end);
    let answered = child
        .answer
        .as_ref()
        .and_then(|answer| answer.seen.as_ref());
    Phase {
        event: child.exec.map(|seq| seq.0),
        known: number(answered.or(ended)),
        role: child.role.to_string(),
        took: took.filter(|_| child.begun > 0 && child.ended > 0),
        words: match answer {
            Some(answer) if normal => answer,
            Some(answer) => format!("{answer}; {end}"),
            None => end,
        },
    }
}

/// The number of the event that proves something.
const fn number(seen: Option<&Evidence>) -> Option<u64> {
    match seen {
        Some(Evidence {
            at: At::Event(seq), ..
        }) => Some(seq.0),
        _ => None,
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
