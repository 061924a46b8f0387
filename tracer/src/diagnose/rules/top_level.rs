//! The look at the library folder itself: some packages have the GPU's backend there, in no folder of its own.

use crate::discover::Model;
use crate::discover::model::{Attempt, Evidence, Origin};

use super::super::advice;
use super::super::explanation::Finding;
use super::super::rule::{Check, Rule, Stage};

pub(super) static RULES: &[&Rule] = &[&NO_ANSWER];

static NO_ANSWER: Rule = Rule {
    id: "VG093",
    stage: Stage::Answer,
    title: "The look at the library folder itself failed",
    story: "Packages of distributions put libggml-cuda.so or libggml-hip.so into the library folder itself. All devices come out of one look then, and when its process crashes or is late there is none. The limit was 3 seconds at first, 30 since 0.12.6 for ROCm.",
    proof: "The server's line about a look that names the library folder alone.",
    remedy: &[
        "Update Ollama: newer releases wait longer. Let the driver stay initialised, and see what the look does:",
        "$ sudo vgputrace run --until discovery --like-unit ollama.service",
    ],
    rows: &[],
    check: Check::General(no_answer),
};

fn no_answer(model: &Model) -> Vec<Finding> {
    let alone =
        |attempt: &&Attempt| attempt.dir.as_str() == "cpu" && attempt.failure_line.is_some();
    let tells_more = model
        .attempts
        .iter()
        .any(|attempt| attempt.dir.as_str() != "cpu");
    if model.origin != Origin::Log || !model.devices.is_empty() || tells_more {
        return Vec::new();
    }
    let seen: Vec<&Evidence> = model
        .attempts
        .iter()
        .filter(alone)
        .filter_map(|attempt| attempt.failure_line.as_ref())
        .collect();
    let Some(first) = seen.first() else {
        return Vec::new();
    };
    let what = if first.text.as_str().contains("before timeout") {
        "did not end within its limit and was killed"
    } else if first.text.as_str().contains("crashed") {
        "crashed"
    } else {
        "failed"
    };
    let dir = advice::library_dir(model);
    vec![
        NO_ANSWER
            .found(format!(
                "The process that looked into {dir} {what}, so no device came out of it."
            ))
            .proof(seen)
            .do_all(NO_ANSWER.remedy),
    ]
}
