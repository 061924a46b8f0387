//! What only one side has, and what both have with other values. Only what both sides could see is compared.

use super::fact::{Fact, Key};
use super::facts::Facts;

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
    /// The name of what differs, as it is on the side that has it.
    #[must_use]
    pub fn name(&self) -> &str {
        let own = self.either().and_then(|fact| fact.named.as_deref());
        own.unwrap_or(&self.key.name)
    }
}

/// All differences, in order of their keys.
#[must_use]
pub fn compare(good: &Facts, bad: &Facts) -> Vec<Difference> {
    let mut found = Vec::new();
    let mut keys: Vec<&Key> = good.facts.keys().chain(bad.facts.keys()).collect();
    keys.sort_unstable();
    keys.dedup();
    for key in keys {
        let (one, two) = (good.facts.get(key), bad.facts.get(key));
        let same = match (one, two) {
            (Some(one), Some(two)) => one.value.same == two.value.same,
            // What one side has, the other must have been able to show.
            (Some(_), None) => !bad.shows(key, good),
            (None, Some(_)) => !good.shows(key, bad),
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
