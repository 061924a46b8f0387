//! Recordings beside logs of real servers: only what both show is compared, and each answer has the form of the schema.

use std::path::{Path, PathBuf};

use serde_json::Value;
use vgputrace_tests::{schema, workspace};

use super::{parsed, recording, schema_of, tool};

/// The answer about two sides, which has its form, and an exit code that says the same.
#[track_caller]
fn answer(good: &Path, bad: &Path, schema: &Value) -> Value {
    let (good, bad) = (good.to_string_lossy(), bad.to_string_lossy());
    let output = tool(&workspace(), &["diff", "--json", &good, &bad]);
    let answer = parsed(&output);
    let misfits = schema::misfits(&answer, schema);
    assert!(misfits.is_empty(), "{good} {bad}: {misfits:#?}");
    let same = answer["same"] == true;
    let code = output.status.code();
    assert_eq!(code, Some(i32::from(!same)), "{good} {bad}: {answer:#}");
    assert_eq!(
        same,
        answer["first_divergence"].is_null()
            && answer["verdict_changes"] == Value::Array(Vec::new())
    );
    answer
}

/// Logs of servers of one era at OLLAMA_DEBUG=1.
fn logs(era: &str) -> Vec<PathBuf> {
    let folder = workspace().join("tests/corpus/logs/real").join(era);
    let entries = std::fs::read_dir(folder).expect("the corpus");
    let mut logs: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    logs.retain(|path| path.to_string_lossy().ends_with(".debug1.log"));
    logs.sort();
    assert!(logs.len() > 4, "{logs:?}");
    logs
}

#[test]
fn a_recording_beside_each_real_log_differs_in_no_setting_but_those_that_the_log_was_given() {
    let schema = schema_of("diff.schema.json");
    for (era, name) in [
        ("runner", "runner-no-driver"),
        ("llama-server", "llama-server-no-driver"),
    ] {
        for log in logs(era) {
            let answer = answer(&recording(name), &log, &schema);
            let all = answer["differences"].as_array().expect("a list");
            let of_server = |one: &&Value| one["kind"] == "setting" && one["role"] == "server";
            let told: Vec<&str> = all
                .iter()
                .filter(of_server)
                .filter_map(|one| one["name"].as_str())
                .collect();
            let file = log.to_string_lossy();
            let given: &[&str] = if file.contains("llmlib") {
                &["OLLAMA_LLM_LIBRARY"]
            } else {
                &[]
            };
            assert_eq!(told, given, "{file}");
        }
    }
}

#[test]
fn a_log_equals_itself_and_is_compared_with_the_next_one() {
    let schema = schema_of("diff.schema.json");
    for era in ["runner", "llama-server"] {
        let logs = logs(era);
        for (log, next) in logs.iter().zip(logs.iter().cycle().skip(1)).take(6) {
            assert_eq!(answer(log, log, &schema)["same"], true, "{}", log.display());
            answer(log, next, &schema);
        }
    }
}
