//! Logs of the corpus against what an expert would answer.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::BufReader;
use std::path::Path;

use serde::Deserialize;
use vgputrace::diagnose::{Certainty, Explanation, Finding, Verdict, explain};
use vgputrace::discover::log;
use vgputrace::source::screen;

use super::Case;
use crate::layouts::facts::verdicts::Outcome;

#[derive(Debug, Deserialize)]
struct Book {
    report: Vec<Report>,
}

/// One log and its answer; the fields are told at the head of the file.
#[derive(Debug, Deserialize)]
struct Report {
    log: String,
    about: About,
    verdicts: BTreeMap<String, String>,
    words: Vec<String>,
    certain: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum About {
    Backend,
    Machine,
    Model,
}

/// Texts written after public reports.
///
/// # Errors
/// A file of the corpus that cannot be read.
pub fn reports() -> Result<Vec<Case>, String> {
    of("reports.toml", "reports")
}

/// What real servers wrote.
///
/// # Errors
/// As for reports.
pub fn real_logs() -> Result<Vec<Case>, String> {
    of("real.toml", "real")
}

fn of(book: &str, folder: &str) -> Result<Vec<Case>, String> {
    let corpus = crate::workspace().join("tests/corpus/logs");
    let path = corpus.join(book);
    let text =
        std::fs::read_to_string(&path).map_err(|why| format!("{}: {why}", path.display()))?;
    let book: Book = toml::from_str(&text).map_err(|why| format!("{}: {why}", path.display()))?;
    book.report
        .iter()
        .map(|report| {
            one(
                report,
                &corpus.join(folder).join(format!("{}.log", report.log)),
            )
        })
        .collect()
}

fn one(report: &Report, path: &Path) -> Result<Case, String> {
    let shown = |why: std::io::Error| format!("{}: {why}", path.display());
    let file = File::open(path).map_err(shown)?;
    let model = log::read(BufReader::new(file), screen::text).map_err(shown)?;
    let explanation = explain(&model);
    Ok(Case {
        name: report.log.clone(),
        outcome: outcome(report, &explanation),
        said: said(report, &explanation),
    })
}

/// The findings among which the answer must be.
fn answers<'a>(report: &Report, explanation: &'a Explanation) -> Vec<&'a Finding> {
    match report.about {
        About::Machine => explanation.general.iter().collect(),
        About::Model => explanation.models.iter().collect(),
        About::Backend => explanation
            .backends
            .iter()
            .filter(|backend| report.verdicts.contains_key(backend.name.as_str()))
            .filter_map(|backend| backend.findings.first())
            .collect(),
    }
}

fn outcome(report: &Report, explanation: &Explanation) -> Outcome {
    let verdict = |name: &str| {
        let found = explanation
            .backends
            .iter()
            .find(|backend| backend.name.as_str() == name);
        found.map(|backend| backend.verdict)
    };
    let wrong: Vec<Option<Verdict>> = report
        .verdicts
        .iter()
        .map(|(name, expected)| (verdict(name), expected))
        .filter(|(found, expected)| found.map(Verdict::name) != Some(expected.as_str()))
        .map(|(found, _)| found)
        .collect();
    let answers = answers(report, explanation);
    let fits = |finding: &&&Finding| {
        let text = format!(
            "{} {}",
            finding.sentence,
            finding
                .missing_object
                .as_ref()
                .map_or("", |object| object.as_str())
        )
        .to_lowercase();
        report
            .words
            .iter()
            .all(|word| text.contains(&word.to_lowercase()))
    };
    let answer = answers.iter().find(fits);
    let told = report.words.is_empty() || answer.is_some();
    let overstated = !report.certain
        && answer.is_some_and(|finding| finding.certainty == Certainty::Certain)
        && !report
            .verdicts
            .values()
            .all(|verdict| verdict == "unknown" || verdict == "skipped");
    if wrong.is_empty() && told && !overstated {
        return Outcome::Right;
    }
    if wrong.contains(&Some(Verdict::Unknown)) || (wrong.is_empty() && answers.is_empty()) {
        return Outcome::Unknown;
    }
    let certain = answers
        .first()
        .is_some_and(|finding| finding.certainty == Certainty::Certain);
    if overstated || (certain && report.about == About::Backend) {
        Outcome::WrongAndCertain
    } else {
        Outcome::Wrong
    }
}

fn said(report: &Report, explanation: &Explanation) -> String {
    let backends: Vec<String> = explanation
        .backends
        .iter()
        .filter(|backend| report.verdicts.contains_key(backend.name.as_str()))
        .map(|backend| format!("{} {}", backend.name, backend.verdict.name()))
        .collect();
    let answers: Vec<String> = answers(report, explanation)
        .iter()
        .map(|finding| {
            format!(
                "{} {} [{}]",
                finding.rule,
                finding.sentence,
                finding.certainty.name()
            )
        })
        .collect();
    format!("{}; {}", backends.join(", "), answers.join(" | "))
}
