//! `expect`: whether the verdicts of a run are those that somebody counts on.

use std::path::PathBuf;

use serde_json::json;

use super::Report;
use super::explain::source;
use super::standard_output::StandardOutput;
use crate::diagnose::{Explanation, Verdict, explain};
use crate::discover::Model;
use crate::discover::model::Origin;
use crate::view::escape;

/// Exit code when a verdict is another one.
const OTHERWISE: u8 = 1;

/// What is counted on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Props {
    /// A trace or a log.
    pub input: PathBuf,
    /// Backends and their verdicts.
    pub verdicts: Vec<Expected>,
    /// One JSON object instead of lines.
    pub json: bool,
}

/// One backend and the verdict it should have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expected {
    /// Base name of its folder.
    pub name: String,
    /// The verdict.
    pub verdict: Verdict,
}

/// What became of one expectation.
struct Found<'a> {
    expected: &'a Expected,
    verdict: Verdict,
    cause: Option<&'a str>,
}

/// Compares, on standard output.
///
/// # Errors
/// The input cannot be read, or tells of no discovery.
pub fn run(props: &Props) -> Result<u8, Report> {
    let model = source::file(&props.input)?;
    source::comparable(&model, &props.input)?;
    let explanation = explain(&model);
    let found: Vec<Found<'_>> = props
        .verdicts
        .iter()
        .map(|expected| find(expected, &explanation, &model))
        .collect();
    let met = found.iter().all(|one| one.verdict == one.expected.verdict);
    let text = if props.json {
        let text = as_json(&found, met, &props.input.display().to_string());
        format!("{}\n", escape::json(&text))
    } else {
        found.iter().map(line).collect()
    };
    let mut out = StandardOutput::new();
    out.write(text.as_bytes())?;
    out.finish()?;
    Ok(if met { 0 } else { OTHERWISE })
}

/// A backend that a recording does not list is absent: the server never saw a candidate. A log need not name it.
fn find<'a>(expected: &'a Expected, explanation: &'a Explanation, model: &Model) -> Found<'a> {
    let backend = explanation
        .backends
        .iter()
        .find(|backend| backend.name.as_str() == expected.name);
    let unlisted = match model.origin {
        Origin::Trace => Verdict::Absent,
        _ => Verdict::Unknown,
    };
    Found {
        expected,
        verdict: backend.map_or(unlisted, |backend| backend.verdict),
        cause: backend
            .and_then(|backend| backend.findings.first())
            .map(|finding| finding.sentence.as_str()),
    }
}

fn line(found: &Found<'_>) -> String {
    let name = escape::text(&found.expected.name);
    let is = found.verdict.name();
    if found.verdict == found.expected.verdict {
        return format!("{name} is {is}, as expected\n");
    }
    let cause = found
        .cause
        .map_or_else(String::new, |cause| format!(": {}", escape::text(cause)));
    format!(
        "{name} is {is}, expected {}{cause}\n",
        found.expected.verdict.name()
    )
}

fn as_json(found: &[Found<'_>], met: bool, input: &str) -> String {
    let verdicts: Vec<_> = found
        .iter()
        .map(|one| {
            json!({
                "name": one.expected.name,
                "expected": one.expected.verdict.name(),
                "verdict": one.verdict.name(),
                "met": one.verdict == one.expected.verdict,
                "cause": one.cause,
            })
        })
        .collect();
    json!({"input": input, "met": met, "verdicts": verdicts}).to_string()
}
