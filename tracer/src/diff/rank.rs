//! Puts the difference that explains the changed verdict first, and what only follows from it last.
//!
//! A difference is linked to the change when its name, file or value stands in the cause that the diagnosis gives for
//! the worse side, or when it names the folder of such a file (a search path). Of the linked ones the earliest stage
//! comes first: what a process was given comes before what it did. Without a link the earliest stage decides alone.
//! What programs say, answer and how they end explains a difference and causes none, so it comes last.

mod follows;
mod links;

use super::compare::Difference;
use super::fact::{Key, Stage};
use super::sentence;
use super::verdicts::{Evidences, VerdictChange, of_name, other_cause};
use crate::diagnose::{Explanation, Finding, Verdict};
use crate::discover::model::Evidence;
use crate::event::Text;

use links::Causes;

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
    // A backend that nothing was seen of says less than one that fails for another reason.
    let telling = |change: &&VerdictChange| weight(change) > 0;
    let other = other_cause(good, bad, Evidences::Alike);
    let main = changes
        .iter()
        .filter(telling)
        .max_by_key(|change| weight(change))
        .or(other.as_ref())
        .or_else(|| changes.first());
    let causes = main.map_or_else(Vec::new, |change| causes(change, good, bad));
    let linked = links::links(&found, main, &Causes::new(&causes));
    let derived = follows::derived(&found);
    let unfinished = unfinished(&found);
    let mut ranked: Vec<Ranked> = found
        .into_iter()
        .zip(linked)
        .zip(derived)
        .map(|((difference, linked), derived)| Ranked {
            sentence: sentence::of(&difference),
            linked,
            // Until the order is known, what follows from anything at all.
            ripple: derived,
            difference,
        })
        .collect();
    let causes_named = Causes::new(&causes);
    ranked.sort_by_cached_key(|one| order(one, main, &causes_named));
    let first = ranked
        .first()
        .map(|top| divergence(top, main, &causes, unfinished.as_deref()));
    if let Some((top, rest)) = ranked.split_first_mut() {
        for one in rest {
            one.ripple = follows::is_ripple(one, top);
        }
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

/// The server took another folder for its libraries.
fn is_library_folder(one: &Difference) -> bool {
    one.key.stage == Stage::Folder && one.key.role == "server" && one.key.name == "library folder"
}

type Order = (bool, bool, bool, bool, Stage, bool, bool, u64, bool, Key);

fn order(one: &Ranked, main: Option<&VerdictChange>, causes: &Causes) -> Order {
    let fact = one.difference.either();
    let elsewhere = match (fact.and_then(|fact| fact.dir.as_ref()), main) {
        (Some(dir), Some(change)) => *dir != change.name,
        _ => false,
    };
    let stage = one.difference.key.stage;
    // What a program says about itself explains, it causes nothing.
    let words = stage >= Stage::Words;
    (
        words,
        one.ripple,
        !one.linked,
        elsewhere,
        stage,
        !causes.is_object(one.difference.name()),
        // A runtime answers what the driver under it answered.
        stage == Stage::Call && !one.difference.is_of("libcuda.so"),
        // Of what processes did, the first thing.
        if stage >= Stage::Attempt {
            one.difference.event()
        } else {
            0
        },
        // A file that both have and that is another one leads to files that only one of them came to.
        one.difference.good.is_none() || one.difference.bad.is_none(),
        one.difference.key.clone(),
    )
}

/// A backend that was used and is not any more outweighs all other changes, and those that tell nothing come last.
fn weight(change: &VerdictChange) -> u8 {
    let tells = |verdict: Option<Verdict>| {
        !matches!(verdict, None | Some(Verdict::Absent | Verdict::Unknown))
    };
    match (change.good, change.bad) {
        (Some(Verdict::Used), _) => 3,
        (_, Some(Verdict::Used)) => 2,
        (good, bad) => u8::from(tells(good) || tells(bad)),
    }
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

/// How the server ended, where it ended before its discovery was over.
fn unfinished(found: &[Difference]) -> Option<String> {
    let mut ends = found.iter();
    let end = ends.find(|one| one.key.stage == Stage::End && one.key.role == "server")?;
    Some(sentence::of(end))
}

fn divergence(
    top: &Ranked,
    main: Option<&VerdictChange>,
    causes: &[&Finding],
    unfinished: Option<&str>,
) -> Divergence {
    let difference = &top.difference;
    let shown = |fact: &Option<super::Fact>| {
        fact.as_ref()
            .map_or_else(String::new, |fact| fact.value.shown.clone())
    };
    let seen = |fact: &Option<super::Fact>| fact.as_ref().and_then(|fact| fact.evidence.clone());
    let mut sentence = format!(
        "BAD stops being like GOOD {}: {}",
        sentence::place(&difference.key),
        top.sentence
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
            // Words and answers explain nothing by themselves.
            Some(cause)
                if (top.linked || difference.key.stage >= Stage::Words)
                    && change.good <= change.bad =>
            {
                sentence = format!("{sentence}; {became}: {}", cause.sentence);
            }
            _ => sentence = format!("{sentence}; {became}"),
        }
    } else if let Some(end) = unfinished.filter(|_| difference.key.stage != Stage::End) {
        sentence = format!("{sentence}; {end}");
    }
    Divergence {
        role: difference.key.role.clone(),
        sentence,
        good: shown(&difference.good),
        bad: shown(&difference.bad),
        evidence: [seen(&difference.good), seen(&difference.bad)],
    }
}
