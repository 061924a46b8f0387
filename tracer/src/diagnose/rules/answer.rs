//! The process worked, and its answer did not reach the server or makes no sense.

use crate::discover::model::Evidence;

use super::super::advice::RESTART;
use super::super::case::Case;
use super::super::explanation::Finding;
use super::super::rule::{Check, Rule, Stage};

pub(super) static RULES: &[&Rule] = &[&ERROR, &NONSENSE, &NO_REASON];

static ERROR: Rule = Rule {
    id: "VG130",
    stage: Stage::Answer,
    title: "The runner answered with an error",
    story: "Until 0.24 the server asks the runner by HTTP. A status other than 200 means no devices, and one INFO line gives the text.",
    proof: "The answer's status and body.",
    remedy: &["The body names what the runner could not do."],
    rows: &["runner 17", "runner 42"],
    check: Check::Backend(error),
};

fn error(case: &Case<'_>) -> Vec<Finding> {
    if super::spawn::is_temporary(case) {
        return Vec::new();
    }
    let answer = case
        .attempts
        .iter()
        .filter_map(|attempt| attempt.answer.as_ref())
        .find(|answer| answer.status.is_some_and(|status| status != 200));
    let lines: Vec<&Evidence> = case
        .failure_lines()
        .filter(|line| line.text.as_str().contains("runner error: "))
        .collect();
    let text = match (answer, lines.first()) {
        (Some(answer), _) => answer
            .error
            .as_ref()
            .map_or_else(String::new, |error| error.as_str().to_owned()),
        (None, Some(line)) => line
            .text
            .as_str()
            .split_once("runner error: ")
            .map_or_else(String::new, |(_, rest)| {
                rest.split('"').next().unwrap_or(rest).to_owned()
            }),
        (None, None) => return Vec::new(),
    };
    let foreign = answer.is_some_and(|answer| answer.status == Some(404));
    let what = if foreign {
        "another service answered on its port (404)".to_owned()
    } else {
        format!("it answered with an error: {}", text.trim())
    };
    vec![
        ERROR
            .found(format!(
                "The runner for {} gave no devices: {what}.",
                case.name
            ))
            .proof(answer.and_then(|answer| answer.seen.as_ref()))
            .proof(lines)
            .do_all(ERROR.remedy)
            .so(RESTART),
    ]
}

static NONSENSE: Rule = Rule {
    id: "VG131",
    stage: Stage::Answer,
    title: "The answer could not be read",
    story: "What came back is no list of devices: cut off, or from another service that has the port. The server warns \"unmarshal encode response\" and asks until its time is up.",
    proof: "The bytes of the answer.",
    remedy: &[
        "Restart Ollama; see who listens on the local ports.",
        "$ sudo ss -ltnp",
    ],
    rows: &["runner 42"],
    check: Check::Backend(nonsense),
};

fn nonsense(case: &Case<'_>) -> Vec<Finding> {
    let bad: Vec<&Evidence> = case
        .attempts
        .iter()
        .filter_map(|attempt| attempt.answer.as_ref())
        .filter(|answer| answer.unreadable && answer.devices.is_empty())
        .filter_map(|answer| answer.seen.as_ref())
        .collect();
    let warned: Vec<&Evidence> = case
        .lines("unmarshal encode response")
        .iter()
        .filter_map(|line| line.seen.as_ref())
        .collect();
    if bad.is_empty() || warned.is_empty() {
        return Vec::new();
    }
    vec![
        NONSENSE
            .found(format!(
                "The answer of the process for {} is no list of devices.",
                case.name
            ))
            .proof(bad)
            .proof(warned)
            .do_all(NONSENSE.remedy),
    ]
}

pub(in super::super) static NO_REASON: Rule = Rule {
    id: "VG139",
    stage: Stage::Answer,
    title: "Tried, no device, and the recording does not show why",
    story: "The processes for the folder were seen, they gave no device, and nothing in the recording is a reason that a rule knows.",
    proof: "The attempt and its empty answer.",
    remedy: &[
        "Record once more with every call:",
        "$ sudo vgputrace run --until discovery -- ollama serve",
    ],
    rows: &[],
    check: Check::Given,
};
