//! The first sentences: what it comes to, and where the source ends too early to tell, that it does.

use crate::diagnose::{Explanation, Finding, SEARCH_CUT};
use crate::discover::model::{Device, Era, Origin};
use crate::event::Text;

/// The search for devices is not in the recording.
const NOT_RECORDED: &str = "VG203";
/// The server itself ended before it had looked for devices.
const SERVER_ENDED: &str = "VG207";
/// What became of a model: its process died, it could not be loaded, all of it is on the GPU, or that is not known.
const MODEL_DIED: &str = "VG160";
const MODEL_FAILED: &str = "VG167";
const MODEL_ON_GPU: &str = "VG165";
const MODEL_UNKNOWN: &str = "VG169";

/// Who it is about: `Ollama 0.16.3`.
#[must_use]
pub fn who(explanation: &Explanation) -> String {
    match (&explanation.version, explanation.era) {
        (_, Era::Ggml) => "The program".to_owned(),
        (Some(version), _) => format!("Ollama {version}"),
        (None, _) => "Ollama".to_owned(),
    }
}

/// The first sentences: what the machine itself explains, who it is about and how it ended.
#[must_use]
pub fn headline(explanation: &Explanation) -> Vec<String> {
    let who = who(explanation);
    let right = explanation
        .general
        .iter()
        .find(|finding| finding.rule == "VG180");
    let outcome = if !explanation.used.is_empty() {
        let devices = devices(&explanation.used);
        match model_trouble(explanation) {
            Some(trouble) => format!("{who}: {trouble} {devices}."),
            None => format!("{who} uses {devices}."),
        }
    } else if explanation.cpu_only {
        format!("{who} uses the CPU: no backend gave it a device.")
    } else if explanation.finished {
        format!("{who} found no device.")
    } else if has(explanation, NOT_RECORDED) {
        format!("{who}'s search for devices is not in this recording.")
    } else if is_of_a_model(explanation) {
        "This is a piece of a log: it tells of a model, and not how devices were looked for."
            .to_owned()
    } else if is_of_something_else(explanation) {
        "It shows no start of Ollama, nor of another program that loads ggml's backends.".to_owned()
    } else {
        format!("{who} had not finished looking for devices.")
    };
    // Why there is no device is no news while one may still come, nor of a server that ended before it had looked for one.
    let right = right.filter(|_| explanation.finished);
    let right = right.map(|finding| finding.sentence.clone());
    right.into_iter().chain([outcome]).collect()
}

/// Devices as people know them, with the library that drives them: `2 x NVIDIA H200 (CUDA)`. One without a name has its id.
fn devices(used: &[Device]) -> String {
    let mut told: Vec<(String, usize)> = Vec::new();
    for device in used {
        let field = |key: &str| device.fields.get(&Text::from(key));
        let words = match field("description").or_else(|| field("name")) {
            Some(name) => format!("{name} ({})", device.library),
            None => format!("{} {}", device.library, device.id),
        };
        match told.iter_mut().find(|(known, _)| *known == words) {
            Some((_, count)) => *count += 1,
            None => told.push((words, 1)),
        }
    }
    let told: Vec<String> = told
        .into_iter()
        .map(|(words, count)| match count {
            1 => words,
            _ => format!("{count} x {words}"),
        })
        .collect();
    told.join(", ")
}

/// What became of the models, where devices are there and do not have all of them; the devices follow.
fn model_trouble(explanation: &Explanation) -> Option<&'static str> {
    let has = |wanted: fn(&str) -> bool| explanation.models.iter().any(|model| wanted(model.rule));
    if has(|rule| rule == MODEL_DIED) {
        Some("a model's process died; there is")
    } else if has(|rule| rule == MODEL_FAILED) {
        Some("a model could not be loaded or run; there is")
    } else if has(|rule| ![MODEL_ON_GPU, MODEL_UNKNOWN].contains(&rule)) {
        Some("a model is not wholly on")
    } else {
        None
    }
}

/// It tells of a model alone.
fn is_of_a_model(explanation: &Explanation) -> bool {
    explanation.origin == Origin::Log
        && !explanation.models.is_empty()
        && explanation.version.is_none()
        && explanation.backends.is_empty()
        && explanation.general.is_empty()
}

/// Nothing in it is Ollama's or ggml's.
fn is_of_something_else(explanation: &Explanation) -> bool {
    let told =
        |finding: &Finding| finding.rule.starts_with("VG20") || finding.rule.starts_with("VG22");
    explanation.era == Era::Unknown
        && explanation.version.is_none()
        && explanation.library_dir.is_empty()
        && explanation.backends.is_empty()
        && !explanation.general.iter().any(told)
}

fn has(explanation: &Explanation, rule: &str) -> bool {
    let mut general = explanation.general.iter();
    general.any(|finding| finding.rule == rule)
}

/// What cannot be told, and what to do, where the source ends before the discovery does.
pub(super) fn open_end(explanation: &Explanation) -> Option<&'static str> {
    let told = has(explanation, NOT_RECORDED) || has(explanation, SERVER_ENDED);
    if explanation.finished || told || is_of_a_model(explanation) {
        return None;
    }
    let cut = explanation.notes.iter().any(|note| note == SEARCH_CUT);
    match (explanation.origin, is_of_something_else(explanation)) {
        (Origin::Trace, false) => Some(
            "Which device it would use this recording cannot tell: record again, until the table is complete (vgputrace run --until discovery).",
        ),
        (Origin::Trace, true) if cut => Some(
            "The recording has no end, and what came later is not in it: record again, until the table is printed (vgputrace run --until discovery).",
        ),
        (Origin::Log, false) => Some(
            "Which device it would use this log cannot tell: a whole one goes from the server's start to its line \"inference compute\".",
        ),
        _ => None,
    }
}
