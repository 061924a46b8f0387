//! Puts the difference that explains the changed verdict first, and what only follows from it last.
//!
//! A difference is linked to the change when its name, file or value stands in the cause that the diagnosis gives for
//! the worse side, or when it names the folder of such a file (a search path). Of the linked ones the earliest stage
//! comes first: what a process was given comes before what it did. Without a link the earliest stage decides alone.

use std::collections::BTreeSet;

use super::compare::Difference;
use super::fact::{Key, Stage};
use super::normal;
use super::sentence;
use super::verdicts::{VerdictChange, of_name, other_cause};
use crate::diagnose::{Explanation, Finding, Verdict};
use crate::discover::model::Evidence;
use crate::event::Text;

/// Shorter words link nothing: `no`, `NOW`, `64`.
const SHORTEST_LINK: usize = 4;

/// What the comparison says.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Answer {
    /// Nothing differs that counts.
    pub same: bool,
    /// Where the bad run stops being like the good one.
    pub first: Option<Divergence>,
    /// Backends with another verdict.
    pub verdict_changes: Vec<VerdictChange>,
    /// All differences but the verdicts, best explanation first.
    pub differences: Vec<Ranked>,
    /// Differences that come only from another kernel, engine or release of the recorder.
    pub technical: Vec<Difference>,
    /// Good side, bad side: the sentence that says that its GPU is no real one.
    pub virtual_gpu: [Option<Text>; 2],
}

/// The first difference that matters.
#[derive(Clone, Debug, PartialEq)]
pub struct Divergence {
    /// Where: a role, or `machine`, `server`, a folder.
    pub role: String,
    /// One sentence.
    pub sentence: String,
    /// The value on the good side; empty when it is not there.
    pub good: String,
    /// The value on the bad side.
    pub bad: String,
    /// Where it was seen: good side, bad side.
    pub evidence: [Option<Evidence>; 2],
}

/// A difference and its place.
#[derive(Clone, Debug, PartialEq)]
pub struct Ranked {
    /// The difference.
    pub difference: Difference,
    /// It is in words.
    pub sentence: String,
    /// It is linked to the cause of a changed verdict.
    pub linked: bool,
    /// It only follows from a difference before it.
    pub ripple: bool,
}

/// Ranks the differences.
#[must_use]
pub fn rank(
    found: Vec<Difference>,
    changes: Vec<VerdictChange>,
    good: &Explanation,
    bad: &Explanation,
) -> Answer {
    let (technical, found): (Vec<_>, Vec<_>) = found
        .into_iter()
        .filter(|one| one.key.stage != Stage::Verdict)
        .partition(|one| one.technical);
    let other = changes.is_empty().then(|| other_cause(good, bad)).flatten();
    let main = changes
        .iter()
        .max_by_key(|change| weight(change))
        .or(other.as_ref());
    let causes = main.map_or_else(Vec::new, |change| causes(change, good, bad));
    let linked = links(&found, main, &causes);
    let mut ranked: Vec<Ranked> = found
        .into_iter()
        .zip(linked)
        .map(|(difference, linked)| Ranked {
            sentence: sentence::of(&difference),
            linked,
            ripple: false,
            difference,
        })
        .collect();
    ranked.sort_by(|one, two| order(one, main).cmp(&order(two, main)));
    let first = ranked.first().map(|top| divergence(top, main, &causes));
    let begin = ranked.first().map(|top| top.difference.key.stage);
    for one in ranked.iter_mut().skip(1) {
        one.ripple = is_ripple(one, begin);
    }
    Answer {
        same: ranked.is_empty() && changes.is_empty(),
        first,
        verdict_changes: changes,
        differences: ranked,
        technical,
        virtual_gpu: [good, bad].map(|side| side.virtual_gpu.clone()),
    }
}

/// Follows from what came first: a derived value, a behaviour, a word. What a person can change back is none.
fn is_ripple(one: &Ranked, begin: Option<Stage>) -> bool {
    let stage = one.difference.key.stage;
    derived(&one.difference)
        || (stage >= Stage::Attempt && begin.is_some_and(|begin| begin < stage))
}

/// It follows from an earlier stage; so does what a file is that only one side uses: why it is used is another difference.
fn derived(one: &Difference) -> bool {
    let one_sided = one.good.is_none() || one.bad.is_none();
    let contents = one.key.stage == Stage::File && one.key.role == "machine";
    one.either().is_some_and(|fact| fact.derived) || (contents && one_sided)
}

type Order<'a> = (bool, bool, bool, bool, Stage, bool, &'a Key);

fn order<'a>(one: &'a Ranked, main: Option<&VerdictChange>) -> Order<'a> {
    let fact = one.difference.either();
    let derived = derived(&one.difference);
    let elsewhere = match (fact.and_then(|fact| fact.dir.as_ref()), main) {
        (Some(dir), Some(change)) => *dir != change.name,
        _ => false,
    };
    let stage = one.difference.key.stage;
    // What a program says about itself explains, it causes nothing.
    let words = stage >= Stage::Words;
    (
        !one.linked,
        elsewhere,
        derived,
        words,
        stage,
        // A file that both have and that is another one leads to files that only one of them came to.
        one.difference.good.is_none() || one.difference.bad.is_none(),
        &one.difference.key,
    )
}

/// A backend that was used and is not any more outweighs all other changes.
fn weight(change: &VerdictChange) -> (bool, bool) {
    (
        change.good == Some(Verdict::Used),
        change.good == Some(Verdict::Used) || change.bad == Some(Verdict::Used),
    )
}

/// The findings for the changed backend on the side where it fares worse, and those about the whole run.
fn causes<'a>(
    change: &VerdictChange,
    good: &'a Explanation,
    bad: &'a Explanation,
) -> Vec<&'a Finding> {
    let worse = if change.good.unwrap_or(Verdict::Absent) <= change.bad.unwrap_or(Verdict::Absent) {
        bad
    } else {
        good
    };
    let own = of_name(worse, &change.name);
    own.into_iter()
        .flat_map(|backend| backend.findings.iter().take(1))
        .collect()
}

/// Which differences are linked to the causes.
fn links(found: &[Difference], main: Option<&VerdictChange>, causes: &[&Finding]) -> Vec<bool> {
    let mut text = String::new();
    for finding in causes {
        let evidence = finding.evidence.iter().map(|one| one.text.as_str());
        let objects = finding.missing_object.iter().chain(&finding.missing);
        for part in std::iter::once(finding.sentence.as_str())
            .chain(objects.map(Text::as_str))
            .chain(evidence)
        {
            text.push_str(part);
            text.push('\n');
        }
    }
    let bears = |one: &Difference| {
        let dir = one.either().and_then(|fact| fact.dir.as_ref());
        match (dir, main) {
            (Some(dir), Some(change)) => *dir == change.name,
            _ => true,
        }
    };
    let mut linked: Vec<bool> = found
        .iter()
        .map(|one| bears(one) && words(one).any(|word| mentions(&text, word)))
        .collect();
    // A search path that leads to a linked file, and the file in a linked folder, belong to the chain.
    let folders: BTreeSet<String> = found
        .iter()
        .zip(&linked)
        .filter(|(one, linked)| **linked && one.key.stage == Stage::File)
        .flat_map(|(one, _)| [&one.good, &one.bad])
        .flatten()
        .filter_map(|fact| fact.value.shown.rsplit_once('/'))
        .map(|(folder, _)| folder.to_owned())
        .filter(|folder| folder.len() >= SHORTEST_LINK)
        .collect();
    for (one, linked) in found.iter().zip(&mut linked) {
        let values = [&one.good, &one.bad].into_iter().flatten();
        *linked |= one.key.stage == Stage::Setting
            && one.key.role == "server"
            && values
                .flat_map(|fact| fact.value.shown.split(':'))
                .any(|part| folders.contains(part.trim_end_matches('/')));
    }
    linked
}

/// The words by which a difference may be named in a cause.
fn words(one: &Difference) -> impl Iterator<Item = &str> {
    let facts = [&one.good, &one.bad].into_iter().flatten();
    let own = facts.flat_map(|fact| fact.links.iter().map(String::as_str));
    std::iter::once(one.key.name.as_str()).chain(own.map(|word| {
        if word.contains('/') {
            normal::base(word)
        } else {
            word
        }
    }))
}

/// The word stands in the text, not as a part of a longer word.
fn mentions(text: &str, word: &str) -> bool {
    if word.len() < SHORTEST_LINK {
        return false;
    }
    let part = |c: char| c.is_alphanumeric() || c == '_';
    let mut rest = text;
    while let Some(at) = rest.find(word) {
        let before = rest.get(..at).and_then(|head| head.chars().next_back());
        let tail = rest.get(at + word.len()..).unwrap_or_default();
        if !before.is_some_and(part) && !tail.chars().next().is_some_and(part) {
            return true;
        }
        rest = tail;
    }
    false
}

fn divergence(top: &Ranked, main: Option<&VerdictChange>, causes: &[&Finding]) -> Divergence {
    let difference = &top.difference;
    let shown = |fact: &Option<super::Fact>| {
        fact.as_ref()
            .map_or_else(String::new, |fact| fact.value.shown.clone())
    };
    let seen = |fact: &Option<super::Fact>| fact.as_ref().and_then(|fact| fact.evidence.clone());
    let mut sentence = format!(
        "BAD stops being like GOOD at {}: {}",
        difference.key.role, top.sentence
    );
    if let Some(change) = main {
        let verdict = |verdict: Option<Verdict>| verdict.unwrap_or(Verdict::Absent).name();
        let became = if change.good == change.bad {
            let verdict = verdict(change.bad);
            format!("{} is {verdict} for another reason", change.name)
        } else {
            let (is, was) = (verdict(change.bad), verdict(change.good));
            format!("{} is {is} (was {was})", change.name)
        };
        match causes.first() {
            Some(cause) if top.linked && change.good <= change.bad => {
                sentence = format!("{sentence}; {became}: {}", cause.sentence);
            }
            _ => sentence = format!("{sentence}; {became}"),
        }
    }
    Divergence {
        role: difference.key.role.clone(),
        sentence,
        good: shown(&difference.good),
        bad: shown(&difference.bad),
        evidence: [seen(&difference.good), seen(&difference.bad)],
    }
}
