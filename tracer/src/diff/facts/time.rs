//! How long an attempt took, beside the time that the server has for it.
//!
//! Durations are another number each time, and a busy machine stretches them all. So one side has to be near the limit, and the other
//! far from it: two thirds of it and one third.

use super::Facts;
use crate::diff::fact::{Absence, Fact, Stage, Value};
use crate::discover::model::Child;
use crate::discover::{Model, Role, Step};
use crate::event::Text;

/// Nanoseconds in a second.
const SECOND: u64 = 1_000_000_000;
/// For an attempt, all of its processes together (discover/runner.go, 0.12 to 0.32).
const ATTEMPT: u64 = 30;
/// For `gpu-discover` alone (discover/native_probe.go, since 0.30).
const PROBE: u64 = 15;
/// For the refresh before a model is loaded (discover/runner.go).
const REFRESH: u64 = 3;

/// As it is compared.
const NEAR: &str = "near";
const FAR: &str = "far";
const BETWEEN: &str = "between";

/// Neither is near the limit where the other is far from it.
pub(in crate::diff) fn are_alike(one: &str, two: &str) -> bool {
    one == two || one == BETWEEN || two == BETWEEN
}

/// Facts about the attempts.
pub(super) fn of_attempts(model: &Model, facts: &mut Facts) {
    for attempt in model.attempts.iter().filter(|attempt| attempt.pass > 0) {
        let Some(took) = attempt.took else { continue };
        let fact = beside(took, ATTEMPT)
            .of_dir(&attempt.dir)
            .seen(attempt.seen.as_ref());
        let name = format!("the attempt at {} pass {}", attempt.dir, attempt.pass);
        facts.add(Stage::Time, "attempts", name, fact);
    }
}

/// The fact about a process that has a limit of its own.
pub(super) fn of_child(child: &Child, role: &str, dir: &Text, facts: &mut Facts) {
    let limit = match &child.role {
        Role::Attempt {
            step: Step::Probe, ..
        } => PROBE,
        Role::Refresh { .. } => REFRESH,
        _ => return,
    };
    if child.begun > 0 && child.ended > child.begun {
        let fact = beside(child.ended - child.begun, limit).of_dir(dir);
        facts.add(Stage::Time, role, "it", fact);
    }
}

/// A time in nanoseconds beside its limit in seconds.
fn beside(took: u64, limit: u64) -> Fact {
    let third = limit * SECOND / 3;
    let class = if took >= 2 * third {
        NEAR
    } else if took < third {
        FAR
    } else {
        BETWEEN
    };
    let tenths = took / (SECOND / 10);
    let shown = format!("{}.{} s of its {limit} s", tenths / 10, tenths % 10);
    Fact::new(Value::shown(class, shown)).where_absent(Absence::SaysNothing)
}
