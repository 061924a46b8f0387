//! What only one side has, and what both have with other values. Only what both sides could see is compared.

use std::collections::BTreeSet;

use super::fact::{Absence, Fact, Key, Stage};
use super::facts::Facts;
use super::facts::time;
use crate::discover::model::At;

/// One difference.
#[derive(Clone, Debug, PartialEq)]
pub struct Difference {
    /// What differs.
    pub key: Key,
    /// On the good side; `None` when it is not there.
    pub good: Option<Fact>,
    /// On the bad side.
    pub bad: Option<Fact>,
    /// It comes only from another engine, kernel or release of the recorder: told, never ranked.
    pub technical: bool,
}

impl Difference {
    /// The side that has it; the bad one when both do.
    #[must_use]
    pub fn either(&self) -> Option<&Fact> {
        self.bad.as_ref().or(self.good.as_ref())
    }
}

impl Difference {
    /// The number of the event where it was seen, on the side that has it; the last one where it was none.
    #[must_use]
    pub fn event(&self) -> u64 {
        let seen = self.either().and_then(|fact| fact.evidence.as_ref());
        match seen.map(|seen| &seen.at) {
            Some(At::Event(seq)) => seq.0,
            _ => u64::MAX,
        }
    }

    /// It depends on a file with a name that begins so.
    #[must_use]
    pub fn is_of(&self, file: &str) -> bool {
        let fact = self.either();
        fact.is_some_and(|fact| fact.stems_from.iter().any(|one| one.starts_with(file)))
    }

    /// The name of what differs, as it is on the side that has it.
    #[must_use]
    pub fn name(&self) -> &str {
        let own = self.either().and_then(|fact| fact.named.as_deref());
        own.unwrap_or(&self.key.name)
    }
}

/// The same value; of files also a link and what it leads to (`libcublas.so.13`, `libcublas.so.13.0.2`): a load that failed names
/// the one, a mapped file has the other.
fn is_same(key: &Key, one: &str, two: &str) -> bool {
    let leads = |from: &str, to: &str| {
        to.strip_prefix(from)
            .is_some_and(|end| end.starts_with('.'))
    };
    if key.stage == Stage::Time {
        return time::are_alike(one, two);
    }
    let file = key.stage == Stage::File && key.role != "machine";
    one == two || (file && (leads(one, two) || leads(two, one)))
}

/// Not even that side could have shown that it is not so.
fn says_nothing(fact: &Fact) -> bool {
    fact.absence == Absence::SaysNothing
}

/// Files of each process, by role.
fn files(facts: &Facts) -> BTreeSet<(&str, &str)> {
    let files = facts.facts.iter();
    let files = files.filter(|(key, _)| key.stage == Stage::File && key.role != "machine");
    files
        .map(|(key, fact)| (key.role.as_str(), fact.value.same.as_str()))
        .collect()
}

/// The same file of the same process, by another name: where the facts about a library were not seen, its soname is not known.
fn is_among(files: &BTreeSet<(&str, &str)>, key: &Key, fact: &Fact) -> bool {
    key.stage == Stage::File && files.contains(&(key.role.as_str(), fact.value.same.as_str()))
}

/// All differences, in order of their keys.
#[must_use]
pub fn compare(good: &Facts, bad: &Facts) -> Vec<Difference> {
    let mut found = Vec::new();
    let [of_good, of_bad] = [good, bad].map(files);
    let mut keys: Vec<&Key> = good.facts.keys().chain(bad.facts.keys()).collect();
    keys.sort_unstable();
    keys.dedup();
    for key in keys {
        let (one, two) = (good.facts.get(key), bad.facts.get(key));
        let same = match (one, two) {
            (Some(one), Some(two)) => is_same(key, &one.value.same, &two.value.same),
            // What one side has, the other must have been able to show.
            (Some(fact), None) => {
                says_nothing(fact) || !bad.shows(key, good) || is_among(&of_bad, key, fact)
            }
            (None, Some(fact)) => {
                says_nothing(fact) || !good.shows(key, bad) || is_among(&of_good, key, fact)
            }
            (None, None) => true,
        };
        if !same {
            found.push(Difference {
                key: key.clone(),
                good: one.cloned(),
                bad: two.cloned(),
                technical: key.role == "recorder",
            });
        }
    }
    found
}
