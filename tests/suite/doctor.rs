//! The command `vgputrace doctor`: what it finds with more and fewer rights, its exit codes, and that it only looks.

use std::path::{Path, PathBuf};

use serde_json::Value;
use vgputrace_tests::libraries::{copy, script};
use vgputrace_tests::{Outcome, Target, binary, gate, open_folder, test_name, trace};

/// The user "nobody" of every distribution.
const NOBODY: [&str; 3] = ["--reuid=65534", "--regid=65534", "--clear-groups"];

/// `doctor`, started directly, with no Ollama on PATH.
fn doctor() -> Target {
    trace(binary().unwrap_or_default())
        .arg("doctor")
        .env("PATH", "/nowhere")
}

/// `doctor` as a user without rights but those of `options`, from a copy of the program that the user may read.
fn as_nobody(folder: &Path, options: &[&str]) -> (Target, PathBuf) {
    let tool = folder.join("vgputrace");
    copy(&binary().unwrap_or_default(), &tool);
    let target = trace("/usr/bin/setpriv")
        .args(NOBODY)
        .args(options.iter().copied())
        .arg(&tool)
        .arg("doctor")
        .env("PATH", "/nowhere");
    (target, tool)
}

fn json(outcome: &Outcome) -> Value {
    let text = outcome.out();
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}{}", outcome.err()))
}

/// The level of a finding, if it is there.
fn level<'a>(value: &'a Value, id: &str) -> Option<&'a str> {
    let found = value["findings"].as_array()?.iter();
    let mut found = found.filter(|finding| finding["id"] == id);
    found.next()?["level"].as_str()
}

#[test]
fn with_the_rights_it_says_that_recording_works() {
    if !gate::engine(test_name!()) {
        return;
    }
    let outcome = doctor().arg("--json").bare();
    let value = json(&outcome);
    assert_eq!(level(&value, "recording"), Some("ok"), "{value}");
    assert_eq!(value["records"], true);
    assert_eq!(value["exit_code"], outcome.shell_code());
    assert!(outcome.shell_code() < 2, "{value}");
    for attempt in [
        "type_information",
        "programs",
        "tracepoints",
        "function_probe",
    ] {
        assert_eq!(
            value["facts"]["kernel"][attempt]["result"], "done",
            "{attempt}"
        );
    }
    assert!(value["facts"]["ollama"].is_null());
    let page = doctor().bare();
    assert!(
        page.out().contains("works here, with eBPF"),
        "{}",
        page.out()
    );
}

#[test]
fn a_user_without_rights_is_told_the_command_that_brings_them() {
    if !gate::root(test_name!()) || !gate::tool(test_name!(), "setpriv", "--version") {
        return;
    }
    let folder = open_folder();
    let (target, tool) = as_nobody(folder.path(), &["--inh-caps=-all"]);
    let outcome = target.bare();
    assert_eq!(outcome.shell_code(), 2, "{}", outcome.err());
    let page = outcome.out();
    assert!(page.contains("does not work here"), "{page}");
    let command = format!("sudo setcap cap_bpf,cap_perfmon+ep {}", tool.display());
    assert!(page.contains(&command), "{page}");
    assert!(
        page.contains("no ollama on PATH"),
        "the rest is told too: {page}"
    );
    assert!(outcome.err().is_empty(), "{}", outcome.err());
}

#[test]
fn two_capabilities_are_enough_and_what_they_do_not_give_is_told() {
    if !gate::root(test_name!()) || !gate::tool(test_name!(), "setpriv", "--version") {
        return;
    }
    let folder = open_folder();
    let two = ["--inh-caps=+bpf,+perfmon", "--ambient-caps=+bpf,+perfmon"];
    let (target, _) = as_nobody(folder.path(), &two);
    let outcome = target.arg("--json").bare();
    let value = json(&outcome);
    assert_eq!(value["rights"], "recording", "{value}");
    assert_eq!(level(&value, "recording"), Some("ok"), "{value}");
    assert_eq!(level(&value, "rights"), Some("note"), "{value}");
    let (target, _) = as_nobody(folder.path(), &["--inh-caps=+bpf", "--ambient-caps=+bpf"]);
    assert_eq!(target.bare().shell_code(), 2, "one of them is not");
}

#[test]
fn a_named_ollama_is_looked_at_and_not_started() {
    if !gate::engine(test_name!()) {
        return;
    }
    let folder = open_folder();
    let at = |path: &str| folder.path().join(path);
    std::fs::create_dir_all(at("bin")).unwrap();
    std::fs::create_dir_all(at("lib/ollama/cuda_v12")).unwrap();
    std::fs::write(at("lib/ollama/cuda_v12/libggml-cuda.so"), "no library").unwrap();
    let marker = at("started");
    let text = format!("#!/bin/sh\n: > {}\n", marker.display());
    script(&at("bin/ollama"), &text);
    let target = doctor().arg("--bin").arg(at("bin/ollama"));
    let outcome = target.arg("--json").bare();
    let value = json(&outcome);
    assert_eq!(outcome.shell_code(), 1, "{value}");
    assert_eq!(level(&value, "tree-file"), Some("problem"), "{value}");
    let tree = &value["facts"]["ollama"]["tree"];
    assert_eq!(tree["rule"], "beside");
    assert_eq!(tree["folders"][0]["name"], "cuda_v12");
    assert!(!marker.exists(), "it was started");
}

#[test]
fn a_measurement_is_made_when_it_is_asked_for() {
    if !gate::engine(test_name!()) {
        return;
    }
    let value = json(&doctor().arg("--json").bare());
    assert!(value["facts"]["cost"].is_null());
    let value = json(&doctor().args(["--json", "--measure"]).bare());
    let cost = &value["facts"]["cost"];
    assert!(cost["bare"].as_u64() > Some(0), "{cost}");
    assert!(cost["attached"].as_u64() > Some(0), "{cost}");
}

#[test]
fn a_program_that_is_not_there_is_one_sentence_and_2() {
    if !gate::engine(test_name!()) {
        return;
    }
    let outcome = doctor().args(["--bin", "/nowhere/ollama"]).bare();
    assert_eq!(outcome.shell_code(), 2);
    assert!(
        outcome.err().contains("/nowhere/ollama"),
        "{}",
        outcome.err()
    );
    assert_eq!(outcome.err().lines().count(), 1, "{}", outcome.err());
    assert!(outcome.out().is_empty());
}
