//! The order of what a process did: loads, calls of drivers, lines. By Myers' algorithm over keys without noise, and only
//! where the facts of both sides are the same: what differs in itself is told by that.

use std::collections::BTreeSet;
use std::collections::btree_map::{BTreeMap, Entry};

use similar::{Algorithm, DiffOp, capture_diff_slices};

use super::Run;
use super::compare::Difference;
use super::fact::{Fact, Key, Stage, Value};
use super::facts::Facts;
use super::normal;
use crate::discover::model::{Child, Evidence, Origin};

/// Entries of a sequence that are compared: Myers' algorithm takes their square in the worst case.
const LONGEST: usize = 512;
/// Roles that are compared; with `LONGEST` this bounds the time, whatever a trace holds.
const MOST_ROLES: usize = 64;
/// Differences told of one sequence.
const TOLD: usize = 4;

/// One thing that happened.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Step {
    key: String,
    shown: String,
}

/// What came in another order, or more often, on one of the sides.
pub(super) fn compare(good: Run<'_>, bad: Run<'_>, facts: [&Facts; 2]) -> Vec<Difference> {
    let both = [good, bad];
    let whole = both.iter().all(|run| run.model.origin == Origin::Trace);
    if !whole || good.model.era != bad.model.era {
        return Vec::new();
    }
    let [before, after] = both.map(|run| children(&run.model.children));
    let mut found = Vec::new();
    let roles = before.keys().filter(|role| after.contains_key(*role));
    for role in roles.take(MOST_ROLES) {
        if facts.iter().any(|facts| !facts.shows_all_of(role)) {
            continue;
        }
        let (Some(one), Some(two)) = (before.get(role), after.get(role)) else {
            continue;
        };
        for (stage, steps) in [
            (Stage::Load, loads as fn(&Child) -> Vec<(Step, Evidence)>),
            (Stage::Call, calls),
            (Stage::Words, lines),
        ] {
            if same_facts(facts, role, stage) {
                of_sequence(&steps(one), &steps(two), role, stage, &mut found);
            }
        }
    }
    found
}

/// The first process of each role.
fn children(children: &[Child]) -> BTreeMap<String, &Child> {
    let mut first = BTreeMap::new();
    for child in children {
        if let Entry::Vacant(free) = first.entry(child.role.to_string()) {
            free.insert(child);
        }
    }
    first
}

/// Nothing of this kind differs in the role.
fn same_facts(facts: [&Facts; 2], role: &str, stage: Stage) -> bool {
    let [one, two] = facts.map(|facts| {
        let of_stage = facts.facts.iter();
        let of_stage = of_stage.filter(|(key, _)| key.stage == stage && key.role == role);
        of_stage
            .map(|(key, fact)| (&key.name, &fact.value.same))
            .collect::<Vec<_>>()
    });
    one == two
}

fn loads(child: &Child) -> Vec<(Step, Evidence)> {
    let loads = child.loads.iter().filter_map(|load| {
        let name = normal::base(load.asked.as_str());
        // Which variant of the CPU comes first is the folder's order.
        let counts = !name.starts_with("libggml-cpu");
        counts.then(|| (step(&format!("load of {name}")), load.seen.clone()))
    });
    seen(loads)
}

fn calls(child: &Child) -> Vec<(Step, Evidence)> {
    let calls = child.calls.iter().map(|call| {
        let seen = Evidence::event(call.seq, call.function.clone());
        (step(call.function.as_str()), Some(seen))
    });
    seen(calls)
}

fn lines(child: &Child) -> Vec<(Step, Evidence)> {
    let lines = child.said.iter().map(|said| {
        let step = Step {
            key: normal::text(said.text.as_str()),
            shown: format!("the line `{}`", said.text),
        };
        (step, Some(said.seen.clone()))
    });
    seen(lines.filter(|(step, _)| !step.key.is_empty()))
}

fn step(name: &str) -> Step {
    Step {
        key: name.to_owned(),
        shown: name.to_owned(),
    }
}

fn seen(steps: impl Iterator<Item = (Step, Option<Evidence>)>) -> Vec<(Step, Evidence)> {
    steps
        .take(LONGEST)
        .filter_map(|(step, seen)| Some((step, seen?)))
        .collect()
}

/// Aligns two sequences and tells what is elsewhere, or there once more.
fn of_sequence(
    good: &[(Step, Evidence)],
    bad: &[(Step, Evidence)],
    role: &str,
    stage: Stage,
    found: &mut Vec<Difference>,
) {
    let keys = |steps: &[(Step, Evidence)]| -> Vec<String> {
        steps.iter().map(|(step, _)| step.key.clone()).collect()
    };
    let (one, two) = (keys(good), keys(bad));
    // Of several alignments both directions must find the same one.
    let turned = two < one;
    let ops = if turned {
        capture_diff_slices(Algorithm::Myers, &two, &one)
    } else {
        capture_diff_slices(Algorithm::Myers, &one, &two)
    };
    let (mut gone, mut come) = (Vec::new(), Vec::new());
    for op in ops {
        if !matches!(op, DiffOp::Equal { .. }) {
            gone.extend(op.old_range());
            come.extend(op.new_range());
        }
    }
    if turned {
        std::mem::swap(&mut gone, &mut come);
    }
    let mut told = BTreeSet::new();
    let places = gone.iter().filter_map(|at| one.get(*at));
    for key in places.chain(come.iter().filter_map(|at| two.get(*at))) {
        if told.len() >= TOLD || !told.insert(key) {
            continue;
        }
        let side = |steps: &[(Step, Evidence)], at: &[usize]| {
            let at = *at.iter().find(|at| {
                let step = steps.get(**at);
                step.is_some_and(|(step, _)| step.key == *key)
            })?;
            fact(steps, at)
        };
        let (was, is) = (side(good, &gone), side(bad, &come));
        let named = is.as_ref().or(was.as_ref());
        let Some(name) = named.and_then(|fact| fact.named.clone()) else {
            continue;
        };
        found.push(Difference {
            key: Key {
                stage: Stage::Order,
                role: role.to_owned(),
                name,
            },
            good: was,
            bad: is,
            // Which of two threads gets to the terminal first says nothing.
            technical: stage == Stage::Words,
        });
    }
}

/// Behind what a step comes.
fn fact(steps: &[(Step, Evidence)], at: usize) -> Option<Fact> {
    let (step, seen) = steps.get(at)?;
    let before = at.checked_sub(1).and_then(|before| steps.get(before));
    let place = before.map_or_else(
        || "first".to_owned(),
        |(before, _)| format!("after {}", before.shown),
    );
    let mut fact = Fact::new(Value::plain(place)).seen(Some(seen));
    fact.named = Some(step.shown.clone());
    Some(fact)
}

#[cfg(test)]
mod tests {
    use super::{Step, of_sequence, step};
    use crate::diff::fact::Stage;
    use crate::discover::model::Evidence;
    use crate::event::Seq;

    fn steps(names: &str) -> Vec<(Step, Evidence)> {
        let names = names.split_whitespace();
        names
            .map(|name| (step(name), Evidence::event(Seq(1), name)))
            .collect()
    }

    fn told(good: &str, bad: &str) -> Vec<(String, Option<String>, Option<String>)> {
        let mut found = Vec::new();
        of_sequence(&steps(good), &steps(bad), "server", Stage::Call, &mut found);
        found
            .into_iter()
            .map(|one| {
                let shown = |fact: Option<crate::diff::Fact>| fact.map(|fact| fact.value.shown);
                (one.key.name, shown(one.good), shown(one.bad))
            })
            .collect()
    }

    #[test]
    fn what_comes_elsewhere_is_told_with_what_it_comes_after() {
        let some = |text: &str| Some(text.to_owned());
        assert_eq!(told("init count name", "init count name"), []);
        assert_eq!(
            told("init count name", "count name init"),
            [("init".to_owned(), some("first"), some("after name"))]
        );
        assert_eq!(
            told("init count", "init count count"),
            [("count".to_owned(), None, some("after count"))]
        );
        assert_eq!(
            told("init load count", "init count"),
            [("load".to_owned(), some("after init"), None)]
        );
    }

    #[test]
    fn both_directions_tell_the_same() {
        for (one, two) in [
            ("a b c d", "b a d c"),
            ("a a b", "b a"),
            ("x y", "y x"),
            ("a", ""),
        ] {
            let back: Vec<_> = told(two, one)
                .into_iter()
                .map(|(name, good, bad)| (name, bad, good))
                .collect();
            let mut there = told(one, two);
            there.sort();
            let mut back = back;
            back.sort();
            assert_eq!(there, back, "{one} / {two}");
        }
    }
}
