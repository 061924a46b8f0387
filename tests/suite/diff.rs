//! `diff` and `expect` as a user calls them, over the recordings of the corpus.

mod equal;
mod evidence;
mod expect;
mod faults;
mod last_good;
mod planted;
mod project;
mod twice;

use std::path::PathBuf;
use std::process::{Command, Output};

use serde_json::Value;
use vgputrace_tests::{binary, schema, workspace};

/// A recording of the corpus.
fn recording(name: &str) -> PathBuf {
    workspace().join(format!("tests/corpus/traces/{name}.vgt"))
}

/// Runs the tool in a folder.
fn tool(folder: &std::path::Path, arguments: &[&str]) -> Output {
    Command::new(binary().expect("the binary"))
        .args(arguments)
        .current_dir(folder)
        .output()
        .expect("vgputrace starts")
}

fn compare(good: &str, bad: &str, options: &[&str]) -> Output {
    let (good, bad) = (recording(good), recording(bad));
    let mut arguments = vec!["diff"];
    arguments.extend(options);
    let (good, bad) = (good.to_string_lossy(), bad.to_string_lossy());
    arguments.extend([good.as_ref(), bad.as_ref()]);
    tool(&workspace(), &arguments)
}

fn names() -> Vec<String> {
    let entries = std::fs::read_dir(workspace().join("tests/corpus/traces")).expect("the corpus");
    let mut names: Vec<String> = entries
        .flatten()
        .filter_map(|entry| {
            let name = entry.file_name().to_string_lossy().into_owned();
            name.strip_suffix(".vgt").map(str::to_owned)
        })
        .collect();
    names.sort();
    assert!(names.len() > 10, "{names:?}");
    names
}

fn parsed(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| {
        let said = String::from_utf8_lossy(&output.stderr);
        panic!("{error}: {}{said}", String::from_utf8_lossy(&output.stdout))
    })
}

/// Reads a schema of the documents.
fn schema_of(name: &str) -> Value {
    let path = workspace().join("docs").join(name);
    let text = std::fs::read_to_string(path).expect("the schema");
    serde_json::from_str(&text).expect("JSON")
}

#[test]
fn each_answer_over_the_corpus_has_the_form_of_the_schema_and_a_run_equals_itself() {
    let schema = schema_of("diff.schema.json");
    let names = names();
    for (at, good) in names.iter().enumerate() {
        // Each recording with itself and with the next one.
        for bad in [good, &names[(at + 1) % names.len()]] {
            let output = compare(good, bad, &["--json"]);
            if good.starts_with("program-") != bad.starts_with("program-") {
                let said = String::from_utf8_lossy(&output.stderr).into_owned();
                assert_eq!(output.status.code(), Some(2), "{good} {bad}: {said}");
                assert!(
                    said.contains("a program that loads ggml by itself"),
                    "{said}"
                );
                continue;
            }
            let answer = parsed(&output);
            let misfits = schema::misfits(&answer, &schema);
            assert!(misfits.is_empty(), "{good} {bad}: {misfits:#?}");
            let same = good == bad;
            assert_eq!(answer["same"], same, "{good} {bad}: {answer:#}");
            assert_eq!(output.status.code(), Some(i32::from(!same)), "{good} {bad}");
        }
    }
}

#[test]
fn two_runs_of_real_servers_differ_in_the_folder_that_one_of_them_has() {
    let answer = parsed(&compare("runner-cpu-only", "runner-no-driver", &["--json"]));
    let sentence = answer["first_divergence"]["sentence"]
        .as_str()
        .unwrap_or_default();
    assert!(
        sentence.contains("the folder cuda_v13 is there (was not there)"),
        "{sentence}"
    );
}

#[test]
fn runs_that_are_the_wrong_way_round_are_told() {
    let told = |good: &str, bad: &str| {
        let said = String::from_utf8_lossy(&compare(good, bad, &[]).stderr).into_owned();
        said.contains("the second run is the better one; the other way round: vgputrace diff /")
    };
    let (good, bad) = ("llama-server-gpu-used", "llama-server-gpu-unknown-uuid");
    assert!(told(bad, good));
    assert!(!told(good, bad));
    assert!(!told(bad, bad));
}

#[test]
fn what_is_no_discovery_is_told_and_not_compared() {
    let folder = tempfile::tempdir().expect("a folder");
    let good = recording("runner-no-driver");
    let whole = std::fs::read(&good).expect("a recording");
    std::fs::write(folder.path().join("torn.vgt"), &whole[..40]).expect("a file");
    std::fs::write(folder.path().join("empty"), "").expect("a file");
    std::fs::write(folder.path().join("words.txt"), "nothing\nof this\n").expect("a file");
    for other in ["torn.vgt", "empty", "words.txt", "absent"] {
        let output = tool(folder.path(), &["diff", &good.to_string_lossy(), other]);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{other}: {said}");
        assert!(
            said.contains(other) && output.stdout.is_empty(),
            "{other}: {said}"
        );
    }
}

#[test]
fn a_trace_that_was_cut_off_makes_no_differences_of_what_it_does_not_show() {
    let folder = tempfile::tempdir().expect("a folder");
    let good = recording("llama-server-no-driver");
    let whole = std::fs::read(&good).expect("a recording");
    let half = folder.path().join("half.vgt");
    std::fs::write(&half, &whole[..whole.len() / 2]).expect("a file");
    let output = tool(
        folder.path(),
        &[
            "diff",
            "--json",
            &good.to_string_lossy(),
            &half.to_string_lossy(),
        ],
    );
    if output.status.code() == Some(2) {
        // So little is left that there is nothing to compare, and that is said.
        assert!(!output.stderr.is_empty());
        return;
    }
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(
        said.contains("half.vgt") && said.contains("is not compared"),
        "{said}"
    );
    let answer = parsed(&output);
    let gone: Vec<&Value> = answer["differences"]
        .as_array()
        .expect("a list")
        .iter()
        .filter(|one| one["bad"].is_null())
        .collect();
    assert!(gone.is_empty(), "{gone:#?}");
}
