//! The comparison of two runs as text, JSON and Markdown: the answer in one sentence first, then the proof.

mod json;
mod markdown;
#[cfg(test)]
mod tests;
mod text;

pub use json::json;
pub use markdown::markdown;
pub use text::text;

use crate::diagnose::Verdict;
use crate::diff::{Answer, VerdictChange};
use crate::discover::model::{At, Evidence};

/// What was compared, for the heads of the texts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Names {
    /// The good side, as the user named it.
    pub good: String,
    /// The bad side.
    pub bad: String,
}

/// The one sentence that answers the question, with a word about each run whose GPU is no real one.
#[must_use]
pub fn headline(answer: &Answer) -> String {
    let which = match &answer.virtual_gpu {
        [None, None] => return sentence(answer),
        [Some(_), None] => "in the good run",
        [None, Some(_)] => "in the bad run",
        [Some(_), Some(_)] => "in both runs",
    };
    format!("{} (no real GPU {which})", sentence(answer))
}

fn sentence(answer: &Answer) -> String {
    if answer.same {
        return "the two runs are the same in everything that counts".to_owned();
    }
    match &answer.first {
        Some(first) => first.sentence.clone(),
        None => verdicts(answer),
    }
}

/// The verdicts alone, when nothing else that counts differs.
fn verdicts(answer: &Answer) -> String {
    let told: Vec<String> = answer
        .verdict_changes
        .iter()
        .map(|one| match &one.cause {
            Some(cause) => format!("{}: {cause}", change(one)),
            None => change(one),
        })
        .collect();
    told.join("; ")
}

/// `cuda_v12 is failed (was used)`, `cuda_v12 is failed for another reason`.
#[must_use]
pub fn change(change: &VerdictChange) -> String {
    let verdict = |verdict: Option<Verdict>| verdict.unwrap_or(Verdict::Absent).name();
    if change.good == change.bad {
        let verdict = verdict(change.bad);
        return format!("{} is {verdict} for another reason", change.name);
    }
    format!(
        "{} is {} (was {})",
        change.name,
        verdict(change.bad),
        verdict(change.good)
    )
}

/// Where a fact was seen: `#12`, `line 12`, a file.
fn place(evidence: Option<&Evidence>) -> String {
    match evidence.map(|evidence| &evidence.at) {
        Some(At::Event(seq)) => seq.to_string(),
        Some(At::Line(number)) => format!("line {number}"),
        Some(At::File(path)) => path.as_str().to_owned(),
        Some(At::Host) | None => String::new(),
    }
}
