//! Two runs: the first difference that matters.
//!
//! ```text
//! Model + Explanation (each run) -> facts: (role, subject, name) -> value, noise taken out
//!     -> compare: what only one side has, what both have with other values
//!     -> order: what both have, in another order
//!     -> rank: the difference that explains the changed verdict first, its ripple last -> Answer
//! ```
//!
//! Pure. Aligned by role and name, not by time: pids, ports, addresses, the order of folders and threads never get into a
//! fact, so they can never be a difference.

mod anchors;
mod compare;
mod configured;
mod fact;
mod facts;
mod normal;
mod order;
mod prefix;
mod rank;
mod rule;
mod sentence;
#[cfg(test)]
mod tests;
mod verdicts;

pub use anchors::anchors;
pub use compare::{Difference, compare};
pub use fact::{Absence, Fact, Key, Stage, Value};
pub use facts::{Facts, gather, unit};
pub use rank::{Answer, Divergence, Ranked, rank};
pub use rule::Rule;
pub use verdicts::{VerdictChange, verdict_changes};

use crate::diagnose::Explanation;
use crate::discover::Model;
use crate::discover::model::Origin;

use verdicts::{Evidences, other_cause};

/// One run: its facts and their explanation.
#[derive(Clone, Copy, Debug)]
pub struct Run<'a> {
    /// What happened.
    pub model: &'a Model,
    /// Why.
    pub explanation: &'a Explanation,
}

impl<'a> Run<'a> {
    /// A run and what is told of it.
    #[must_use]
    pub const fn new(model: &'a Model, explanation: &'a Explanation) -> Self {
        Self { model, explanation }
    }
}

/// A backend that two recordings give the same verdict for different reasons.
#[must_use]
pub fn other_reason(good: &Explanation, bad: &Explanation) -> Option<VerdictChange> {
    other_cause(good, bad, Evidences::Alike)
}

/// Compares a run that was as it should be with one that is not. Keys that `ignore` names are left out.
#[must_use]
pub fn diff(good: Run<'_>, bad: Run<'_>, ignore: &dyn Fn(&Key) -> bool) -> Answer {
    let eras_differ = good.model.era != bad.model.era;
    let (mut one, mut two) = (gather(good, eras_differ), gather(bad, eras_differ));
    let prefixes = [prefix::of(good.model), prefix::of(bad.model)];
    if let [Some(was), Some(is)] = &prefixes
        && was != is
    {
        prefix::take_out(&mut one, was);
        prefix::take_out(&mut two, is);
        one.installed_in(was);
        two.installed_in(is);
    }
    // strace names a file as it was asked for, a recording as the kernel knows it; and it has no results of loads that worked.
    let strace = [good, bad].map(|run| run.model.origin == Origin::Strace);
    let mixed = strace[0] != strace[1];
    let logs = [good, bad].map(|run| run.model.origin == Origin::Log);
    if logs[0] != logs[1] {
        configured::in_words_of_a_log(&mut one);
        configured::in_words_of_a_log(&mut two);
    }
    let counts =
        |key: &Key| !(mixed && matches!(key.stage, Stage::File | Stage::Load)) && !ignore(key);
    one.facts.retain(|key, _| counts(key));
    two.facts.retain(|key, _| counts(key));
    let counts_verdict = |change: &VerdictChange| {
        !ignore(&Key {
            stage: Stage::Verdict,
            role: "verdicts".to_owned(),
            name: change.name.as_str().to_owned(),
        })
    };
    let mut changes = verdict_changes(good, bad);
    changes.retain(counts_verdict);
    let mut found = compare(&one, &two);
    let mut orders = order::compare(good, bad, [&one, &two]);
    orders.retain(|order| counts(&order.key));
    found.append(&mut orders);
    let nothing = found
        .iter()
        .all(|one| one.technical || one.key.stage == Stage::Verdict);
    if nothing && changes.is_empty() && good.model.origin != bad.model.origin {
        // What led to it is not compared then.
        let other = other_cause(good.explanation, bad.explanation, Evidences::Mixed);
        changes.extend(other.filter(counts_verdict));
    }
    rank(found, changes, good.explanation, bad.explanation)
}
