//! How often `explain` gives the right cause first: counted over layouts, over texts written after reports, and over what real
//! servers did and wrote. Four figures, never added up.

mod logs;
mod recordings;

pub use logs::{real_logs, reports};
pub use recordings::{corpus, real_servers, standin};

use crate::layouts::facts::verdicts::Outcome;

/// One case and how it came out.
#[derive(Clone, Debug)]
pub struct Case {
    /// Which.
    pub name: String,
    /// How it came out.
    pub outcome: Outcome,
    /// What was said, where that is not right.
    pub said: String,
}

/// The counts of a group of cases.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Figure {
    /// Cases.
    pub all: usize,
    /// The right cause came first.
    pub right: usize,
    /// It said that it does not know, though the cause can be known.
    pub unknown: usize,
    /// Another cause, called likely.
    pub wrong: usize,
    /// Another cause, called certain.
    pub wrong_and_certain: usize,
}

impl Figure {
    /// Counts.
    #[must_use]
    pub fn of(cases: &[Case]) -> Self {
        let count = |outcome| cases.iter().filter(|case| case.outcome == outcome).count();
        Self {
            all: cases.len(),
            right: count(Outcome::Right),
            unknown: count(Outcome::Unknown),
            wrong: count(Outcome::Wrong),
            wrong_and_certain: count(Outcome::WrongAndCertain),
        }
    }
}
