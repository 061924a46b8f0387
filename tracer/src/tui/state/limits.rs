//! How long the server waits for its children before it kills them.
//!
//! 0.12 to 0.24 (discover/runner.go): 30 s for a folder; 30 s shared by all runners that try a device again; 3 s for a
//! refresh. 0.30 and later: the same 30 s are shared by the three processes of an attempt (discover/runner.go,
//! llm/server.go), and the probe has 15 s of its own (discover/native_probe.go).

use serde::{Deserialize, Serialize};

use crate::discover::Model;
use crate::discover::model::Attempt;
use crate::discover::role::Step;

const SECOND: u64 = 1_000_000_000;

/// One limit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::tui) struct Limit {
    /// The processes that it is for, by number.
    pub(in crate::tui) lanes: Vec<u32>,
    /// When the server began to wait, nanoseconds since the begin.
    pub(in crate::tui) from: u64,
    /// When it gives up.
    pub(in crate::tui) at: u64,
    /// For what, in words.
    pub(in crate::tui) what: String,
}

/// Those of all attempts; `origin` is the begin in nanoseconds of CLOCK_BOOTTIME.
pub(super) fn of(model: &Model, origin: u64) -> Vec<Limit> {
    let mut limits = Vec::new();
    for (at, attempt) in model.attempts.iter().enumerate() {
        // A probe's own limit comes first: it is the one that strikes.
        for index in &attempt.children {
            let Some(child) = model.children.get(*index) else {
                continue;
            };
            if let (Some(process), Some(Step::Probe)) = (child.process, child.role.step()) {
                let from = child.begun.saturating_sub(origin);
                limits.push(Limit {
                    lanes: vec![process.number],
                    from,
                    at: from + 15 * SECOND,
                    what: "for the probe".to_owned(),
                });
            }
        }
        let (begun, seconds, what) = patience(model, at, attempt);
        let from = begun.saturating_sub(origin);
        let lanes = attempt.children.iter().filter_map(|index| {
            let child = model.children.get(*index)?;
            Some(child.process?.number)
        });
        limits.push(Limit {
            lanes: lanes.collect(),
            from,
            at: from + seconds * SECOND,
            what: what.to_owned(),
        });
    }
    limits
}

/// When the wait began, how many seconds it may take, and for what it is.
fn patience(model: &Model, at: usize, attempt: &Attempt) -> (u64, u64, &'static str) {
    match attempt.pass {
        0 => (
            attempt.begun,
            3,
            "for fresh numbers before a model is loaded",
        ),
        1 if attempt.children.len() > 1 => (
            attempt.begun,
            30,
            "for start, list and probe of this folder together",
        ),
        1 => (attempt.begun, 30, "for this folder"),
        _ => {
            // Devices are tried again side by side: the attempts of one round follow each other in the list.
            let round = model.attempts.get(..=at).unwrap_or_default();
            let begun = round
                .iter()
                .rev()
                .take_while(|other| other.pass == attempt.pass)
                .map(|other| other.begun)
                .min();
            (
                begun.unwrap_or(attempt.begun),
                30,
                "for all devices that are tried again, together",
            )
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{SECOND, of};
    use crate::discover::Model;
    use crate::discover::model::{Attempt, Child};
    use crate::discover::role::{Role, Step};
    use crate::event::{Proc, Text};

    fn child(number: u32, step: Step, pass: u8, begun: u64) -> Child {
        let mut child = Child::new(Role::Attempt {
            step,
            dir: Text::from("cuda_v12"),
            pass,
        });
        child.process = Some(Proc {
            number,
            generation: 1,
        });
        child.begun = begun * SECOND;
        child
    }

    fn attempt(pass: u8, begun: u64, children: &[usize]) -> Attempt {
        Attempt {
            pass,
            begun: begun * SECOND,
            children: children.to_vec(),
            ..Attempt::default()
        }
    }

    #[test]
    fn three_processes_share_a_limit_and_the_probe_has_its_own() {
        let model = Model {
            children: vec![
                child(2, Step::Start, 1, 10),
                child(3, Step::List, 1, 12),
                child(4, Step::Probe, 1, 14),
            ],
            attempts: vec![attempt(1, 10, &[0, 1, 2])],
            ..Model::default()
        };
        let limits = of(&model, SECOND);
        let of = |number: u32| {
            let own = limits.iter().find(|limit| limit.lanes.contains(&number));
            own.map(|limit| (limit.from / SECOND, limit.at / SECOND))
        };
        assert_eq!(
            [of(2), of(3), of(4)],
            [Some((9, 39)), Some((9, 39)), Some((13, 28))]
        );
        assert_eq!(of(1), None);
    }

    #[test]
    fn devices_that_are_tried_again_share_one_wait_and_a_refresh_is_short() {
        let runner = |number, pass, begun| child(number, Step::Runner, pass, begun);
        let model = Model {
            children: vec![
                runner(2, 1, 1),
                runner(3, 2, 5),
                runner(4, 2, 6),
                runner(5, 0, 50),
            ],
            attempts: vec![
                attempt(1, 1, &[0]),
                attempt(2, 5, &[1]),
                attempt(2, 6, &[2]),
                attempt(0, 50, &[3]),
            ],
            ..Model::default()
        };
        let limits: Vec<_> = of(&model, 0)
            .into_iter()
            .map(|limit| (limit.from / SECOND, limit.at / SECOND))
            .collect();
        assert_eq!(limits, [(1, 31), (5, 35), (5, 35), (50, 53)]);
    }
}
