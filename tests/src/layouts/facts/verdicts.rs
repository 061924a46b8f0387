//! What `explain` says of a recording, against a layout's verdicts.

use std::path::Path;

use vgputrace::diagnose::{BackendVerdict, Explanation, Verdict, explain};
use vgputrace::discover::events::Discovery;
use vgputrace::discover::{self, Model};
use vgputrace::trace::Reader;

use super::super::Era;
use super::super::format::{Expect, Judged, Told};

/// How one expected verdict came out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Verdict, rule and object are as expected.
    Right,
    /// It says that it does not know.
    Unknown,
    /// Something else, with a cause that is called likely.
    Wrong,
    /// Something else, and it is called certain.
    WrongAndCertain,
}

/// The facts of a trace.
///
/// # Errors
/// It cannot be read.
pub fn model(path: &Path) -> Result<Model, String> {
    let shown = |why: vgputrace::trace::Error| format!("{}: {why}", path.display());
    let mut reader = Reader::open(path).map_err(shown)?;
    let mut discovery = Discovery::new(reader.header());
    while let Some(item) = reader.next_item().map_err(shown)? {
        discovery.push(&item.event);
    }
    Ok(discovery.finish())
}

/// Every verdict of this era that is not as expected.
#[must_use]
pub fn wrong(expect: &Expect, era: Era, path: &Path) -> Vec<String> {
    let model = match model(path) {
        Ok(model) => model,
        Err(why) => return vec![why],
    };
    let explanation = explain(&model);
    let judged = of_era(expect, era);
    let mut wrong: Vec<String> = judged
        .filter(|judged| outcome(judged, &explanation) != Outcome::Right)
        .map(|judged| {
            format!(
                "explain says {}, not {judged:?}",
                told(judged, &explanation)
            )
        })
        .collect();
    let should = match era {
        Era::Runner => discover::model::Era::Runner,
        Era::LlamaServer => discover::model::Era::LlamaServer,
    };
    // A server of the earlier era without a child does nothing that only such a one does.
    let childless = should == discover::model::Era::Runner && model.children.is_empty();
    if explanation.era != should && !childless {
        wrong.push(format!(
            "explain takes it for the era {}",
            explanation.era.name()
        ));
    }
    let asked = expect
        .told
        .iter()
        .filter(|told| told.era.is_none_or(|only| only == era));
    wrong.extend(
        asked
            .filter(|told| !is_told(told, &explanation))
            .map(|told| format!("explain does not say {told:?}")),
    );
    wrong
}

/// A finding of the run or of a model's start, or a warning of a backend.
fn is_told(told: &Told, explanation: &Explanation) -> bool {
    let warnings = explanation.backends.iter().flat_map(|one| &one.warnings);
    let models = explanation.models.iter();
    explanation
        .general
        .iter()
        .chain(warnings)
        .chain(models)
        .any(|finding| {
            let object = finding.missing_object.as_ref();
            let ends =
                |end: &String| object.is_some_and(|one| one.as_str().ends_with(end.as_str()));
            finding.rule == told.rule && told.object.as_ref().is_none_or(ends)
        })
}

/// The verdicts that are expected in an era.
pub fn of_era(expect: &Expect, era: Era) -> impl Iterator<Item = &Judged> {
    expect
        .verdict
        .iter()
        .filter(move |judged| judged.era.is_none_or(|only| only == era))
}

/// How an expected verdict came out.
#[must_use]
pub fn outcome(judged: &Judged, explanation: &Explanation) -> Outcome {
    let Some(backend) = find(judged, explanation) else {
        return Outcome::Wrong;
    };
    let first = backend.findings.first();
    let rule = first.map(|finding| finding.rule);
    let object = first.and_then(|finding| finding.missing_object.as_ref());
    let fits = judged
        .object
        .as_ref()
        .is_none_or(|end| object.is_some_and(|object| object.as_str().ends_with(end.as_str())));
    if backend.verdict.name() == judged.verdict && rule == judged.rule.as_deref() && fits {
        Outcome::Right
    } else if backend.verdict == Verdict::Unknown {
        Outcome::Unknown
    } else if first.is_some_and(|finding| finding.certainty.name() == "certain") || first.is_none()
    {
        Outcome::WrongAndCertain
    } else {
        Outcome::Wrong
    }
}

fn find<'a>(judged: &Judged, explanation: &'a Explanation) -> Option<&'a BackendVerdict> {
    explanation
        .backends
        .iter()
        .find(|backend| backend.name.as_str() == judged.backend)
}

/// What is said of a backend, in one line.
#[must_use]
pub fn told(judged: &Judged, explanation: &Explanation) -> String {
    find(judged, explanation).map_or_else(
        || format!("nothing of {}", judged.backend),
        |backend| {
            let cause = backend
                .findings
                .first()
                .map_or_else(String::new, |finding| {
                    format!(
                        " {} {} ({:?})",
                        finding.rule, finding.sentence, finding.missing_object
                    )
                });
            format!("{} {}{cause}", backend.name, backend.verdict.name())
        },
    )
}
