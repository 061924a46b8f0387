//! Which differences are linked to the cause of a changed verdict.

use std::collections::{BTreeMap, BTreeSet};

use super::super::compare::Difference;
use super::super::fact::Stage;
use super::super::normal;
use super::super::verdicts::VerdictChange;
use super::is_library_folder;
use crate::diagnose::Finding;
use crate::event::Text;

/// Shorter words link nothing: `no`, `NOW`, `64`.
const SHORTEST_LINK: usize = 4;

/// All that the findings say, in one text, and the objects that they name.
#[derive(Debug, Default)]
pub(super) struct Causes {
    text: String,
    objects: Vec<String>,
}

impl Causes {
    pub(super) fn new(findings: &[&Finding]) -> Self {
        let mut causes = Self::default();
        for finding in findings {
            // Where the loader searched names every folder and variable, whatever is wrong.
            let evidence = finding.evidence.iter().map(|one| one.text.as_str());
            let evidence = evidence.filter(|text| !text.starts_with("searched "));
            let objects = finding.missing_object.iter().chain(&finding.missing);
            let objects = objects.map(Text::as_str);
            for part in std::iter::once(finding.sentence.as_str())
                .chain(objects.clone())
                .chain(evidence)
            {
                causes.text.push_str(part);
                causes.text.push('\n');
            }
            causes
                .objects
                .extend(objects.map(|object| normal::base(object).to_owned()));
        }
        causes
    }

    /// The word stands in what is said, or fits the pattern of an object: `libggml-*.so`.
    fn name(&self, word: &str) -> bool {
        mentions(&self.text, word) || self.is_object(word)
    }

    /// What the cause is about.
    pub(super) fn is_object(&self, name: &str) -> bool {
        let name = normal::base(name);
        self.objects
            .iter()
            .any(|object| match object.split_once('*') {
                Some((head, tail)) => {
                    let tail = tail.trim_end_matches('*');
                    head.len() >= SHORTEST_LINK && name.starts_with(head) && name.ends_with(tail)
                }
                None => object == name,
            })
    }
}

/// Which differences are linked to the causes.
pub(super) fn links(
    found: &[Difference],
    main: Option<&VerdictChange>,
    causes: &Causes,
) -> Vec<bool> {
    let bears = |one: &Difference| {
        let dir = one.either().and_then(|fact| fact.dir.as_ref());
        match (dir, main) {
            (Some(dir), Some(change)) => *dir == change.name,
            _ => true,
        }
    };
    let mut linked: Vec<bool> = found
        .iter()
        .map(|one| bears(one) && words(one).any(|word| causes.name(word)))
        .collect();
    by_time(found, &mut linked);
    by_behaviour(found, &mut linked);
    by_place(found, &mut linked, causes);
    linked
}

/// A call that answered otherwise before one that is linked, in the same process, or in the driver under a linked call of the
/// runtime.
fn by_time(found: &[Difference], linked: &mut [bool]) {
    let mut last: BTreeMap<&str, u64> = BTreeMap::new();
    let mut runtimes: BTreeSet<&str> = BTreeSet::new();
    for (one, _) in found.iter().zip(&*linked).filter(|(_, linked)| **linked) {
        if one.key.stage == Stage::Call {
            let last = last.entry(&one.key.role).or_default();
            // What came after the begin of a call that never came back came inside of it.
            let open = one
                .bad
                .as_ref()
                .is_some_and(|fact| fact.value.same.starts_with("never came back"));
            *last = if open {
                u64::MAX
            } else {
                (*last).max(one.event())
            };
            if one.is_of("libcudart.so") {
                runtimes.insert(&one.key.role);
            }
        }
    }
    for (one, linked) in found.iter().zip(linked) {
        let both = one.good.is_some() && one.bad.is_some();
        let role = one.key.role.as_str();
        let before = last.get(role).is_some_and(|last| one.event() <= *last);
        let under = runtimes.contains(role) && one.is_of("libcuda.so");
        *linked |= both && one.key.stage == Stage::Call && (before || under);
    }
}

/// A file that is another one, where something it does is linked: a call that it answers, a load of it, a crash in it.
fn by_behaviour(found: &[Difference], linked: &mut [bool]) {
    let behaviours = || {
        let all = found.iter().zip(&*linked);
        all.filter(|(one, linked)| **linked && one.key.stage > Stage::File)
    };
    // The loader's words name what lacks something, not which of the files is the wrong one.
    let loaders: BTreeSet<&str> = behaviours()
        .filter(|(one, _)| one.key.stage == Stage::Load)
        .map(|(one, _)| one.key.role.as_str())
        .collect();
    let files: BTreeSet<&str> = behaviours()
        .filter_map(|(one, _)| one.either())
        .flat_map(|fact| &fact.stems_from)
        .map(String::as_str)
        .collect();
    for (one, linked) in found.iter().zip(linked) {
        let both = one.good.is_some() && one.bad.is_some();
        if both && one.key.stage == Stage::File {
            let name = normal::base(one.name());
            *linked |= files.iter().any(|file| name.starts_with(file))
                || loaders.contains(one.key.role.as_str());
        }
    }
}

/// A search path that leads to a linked file, and a library folder that has a linked folder in it, belong to the chain.
fn by_place(found: &[Difference], linked: &mut [bool], causes: &Causes) {
    // Where the object itself was found says more than where what needs it was.
    let files = |stage| matches!(stage, Stage::File | Stage::Folder);
    let about_object = found
        .iter()
        .any(|one| files(one.key.stage) && causes.is_object(one.name()));
    let folders: BTreeSet<String> = found
        .iter()
        .zip(&*linked)
        .filter(|(one, linked)| **linked && one.key.stage == Stage::File)
        .filter(|(one, _)| !about_object || causes.is_object(one.name()))
        .flat_map(|(one, _)| [&one.good, &one.bad])
        .flatten()
        .filter_map(|fact| fact.value.shown.rsplit_once('/'))
        .map(|(folder, _)| folder.to_owned())
        .filter(|folder| folder.len() >= SHORTEST_LINK)
        .collect();
    let any_folder = found
        .iter()
        .zip(&*linked)
        .any(|(one, linked)| *linked && one.key.stage == Stage::Folder);
    let moved = found.iter().any(is_library_folder);
    for (one, linked) in found.iter().zip(linked) {
        let values = [&one.good, &one.bad].into_iter().flatten();
        let server = one.key.stage == Stage::Setting && one.key.role == "server";
        let leads = values
            .clone()
            .flat_map(|fact| fact.value.shown.split(':'))
            .any(|part| folders.contains(part.trim_end_matches('/')));
        // The library folder is found from where the server stands, too.
        let gone = one.key.name == "working directory"
            && values
                .clone()
                .any(|fact| fact.value.shown.ends_with("which is gone"));
        // What is put into every process is the first suspect, whatever goes wrong there.
        let inside = matches!(one.key.name.as_str(), "LD_PRELOAD" | "LD_AUDIT");
        *linked |= (server && (leads || inside))
            || (is_library_folder(one) && any_folder)
            || (server && gone && (moved || any_folder));
    }
}

/// The words by which a difference may be named in a cause.
fn words(one: &Difference) -> impl Iterator<Item = &str> {
    let facts = [&one.good, &one.bad].into_iter().flatten();
    let own = facts.flat_map(|fact| fact.links.iter().map(String::as_str));
    std::iter::once(one.key.name.as_str()).chain(own.map(|word| {
        let base = normal::base(word);
        // The last part of a folder is a word like another: `driver`. That of a file is its name.
        if word.contains('/') && base.contains('.') {
            base
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
