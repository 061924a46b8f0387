//! Backends with another verdict. A side that cannot tell (a log, a recording that was cut off) changes no verdict.

use std::collections::BTreeSet;

use super::Run;
use super::facts::{is_cut, is_undiscovered};
use super::normal;
use crate::diagnose::{BackendVerdict, Explanation, Verdict};
use crate::discover::model::Origin;
use crate::event::Text;

/// A backend with another verdict.
#[derive(Clone, Debug, PartialEq)]
pub struct VerdictChange {
    /// Its name.
    pub name: Text,
    /// On the good side; `None` when it is not listed there.
    pub good: Option<Verdict>,
    /// On the bad side.
    pub bad: Option<Verdict>,
    /// The cause on the worse side, in one sentence.
    pub cause: Option<String>,
}

/// All of them, by name.
#[must_use]
pub fn verdict_changes(good: Run<'_>, bad: Run<'_>) -> Vec<VerdictChange> {
    let names: BTreeSet<&Text> = good
        .explanation
        .backends
        .iter()
        .chain(&bad.explanation.backends)
        .map(|backend| &backend.name)
        .collect();
    names
        .into_iter()
        .filter_map(|name| change(name, good, bad))
        .collect()
}

fn change(name: &Text, good: Run<'_>, bad: Run<'_>) -> Option<VerdictChange> {
    let (one, two) = (
        of_name(good.explanation, name),
        of_name(bad.explanation, name),
    );
    let (before, after) = (told(one, good)?, told(two, bad)?);
    if before == after {
        return None;
    }
    let worse = if before < after { two } else { one };
    let cause = worse.and_then(|worse| worse.findings.first());
    Some(VerdictChange {
        name: name.clone(),
        good: one.map(|one| one.verdict),
        bad: two.map(|two| two.verdict),
        cause: cause.map(|finding| finding.sentence.clone()),
    })
}

/// The verdict of a side; `None` when it cannot tell. A backend that a recording does not list is as good as absent there;
/// other evidence need not name it.
fn told(backend: Option<&BackendVerdict>, run: Run<'_>) -> Option<Verdict> {
    let verdict = backend.map(|backend| backend.verdict);
    if is_undiscovered(run.model) {
        return None;
    }
    if run.model.origin == Origin::Trace && !is_cut(run.model) {
        return Some(verdict.unwrap_or(Verdict::Absent));
    }
    verdict.filter(|verdict| *verdict != Verdict::Unknown)
}

/// The verdict for a backend.
pub(super) fn of_name<'a>(explanation: &'a Explanation, name: &Text) -> Option<&'a BackendVerdict> {
    explanation.backends.iter().find(|one| one.name == *name)
}

/// Whether both sides are evidence of one kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Evidences {
    /// Two recordings, two logs.
    Alike,
    /// A recording and a log: another rule may tell of the same cause, another object does not.
    Mixed,
}

/// A backend with the same verdict for another reason.
pub(super) fn other_cause(
    good: &Explanation,
    bad: &Explanation,
    evidences: Evidences,
) -> Option<VerdictChange> {
    bad.backends.iter().find_map(|after| {
        let before = of_name(good, &after.name)?;
        let (was, is) = (before.findings.first()?, after.findings.first()?);
        let base = |object: &Option<Text>| {
            let object = object.as_ref();
            object.map(|object| normal::base(object.as_str()).to_owned())
        };
        // That a folder is not installed has one reason only.
        let told = before.verdict != Verdict::Absent || was.rule != is.rule;
        let (before_object, after_object) = (base(&was.missing_object), base(&is.missing_object));
        let named = before_object.is_some() && after_object.is_some();
        let same = match evidences {
            Evidences::Alike => was.rule == is.rule && before_object == after_object,
            Evidences::Mixed => before_object == after_object || !named,
        };
        (before.verdict == after.verdict && told && !same).then(|| VerdictChange {
            name: after.name.clone(),
            good: Some(before.verdict),
            bad: Some(after.verdict),
            cause: Some(is.sentence.clone()),
        })
    })
}
