//! `ab`: the same command twice, and what one variable changes.

use std::process::{Command, Output, Stdio};
use std::thread::sleep;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use vgputrace_tests::libraries::{ABSENT, Fault, place};
use vgputrace_tests::standin::{self, Era, Tree};
use vgputrace_tests::{binary, gate, open_folder, schema, test_name};

use super::schema_of;

/// `ab` on a tree's own server; the traces are `NAME-a.vgt` and `NAME-b.vgt` in the tree.
#[track_caller]
fn ab(tree: &Tree, name: &str, form: &[&str], changes: &[&str]) -> Output {
    Command::new(binary().expect("the binary"))
        .arg("ab")
        .args(form)
        .arg("-o")
        .arg(tree.root.join(name))
        .args(changes)
        .arg("--")
        .arg(&tree.server)
        .arg("serve")
        .env_clear()
        .env("HOME", tree.root.join("home"))
        .env("OLLAMA_HOST", "127.0.0.1:0")
        .env("OLLAMA_MODELS", tree.root.join("models"))
        .current_dir("/")
        .output()
        .expect("vgputrace starts")
}

#[test]
fn one_variable_is_named_as_what_changes_the_verdict_and_both_traces_are_kept() {
    if !gate::engine(test_name!()) {
        return;
    }
    let folder = open_folder();
    let Some(tree) = standin::tree(Era::Runner, folder.path()) else {
        return;
    };
    let backends = tree.library.join("cuda_v12");
    std::fs::create_dir(&backends).expect("a folder");
    place(Fault::InitCrash(0), &backends, "libggml-cuda.so");
    let twice = |changes: &[&str], name: &str| {
        let output = ab(&tree, name, &["--json"], changes);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        for end in ["-a.vgt", "-b.vgt"] {
            let path = tree.root.join(format!("{name}{end}"));
            assert!(path.is_file(), "{}: {said}", path.display());
        }
        let answer: Value = serde_json::from_slice(&output.stdout).expect("JSON");
        let misfits = schema::misfits(&answer, &schema_of("diff.schema.json"));
        assert!(misfits.is_empty(), "{misfits:#?}");
        (output.status.code(), answer)
    };
    let (code, answer) = twice(&["--set", "OLLAMA_LLM_LIBRARY=cuda_v13"], "other");
    let sentence = answer["first_divergence"]["sentence"]
        .as_str()
        .unwrap_or_default();
    assert_eq!(code, Some(1), "{answer:#}");
    assert!(
        sentence.contains("OLLAMA_LLM_LIBRARY is `cuda_v13` (was not set)"),
        "{sentence}"
    );
    assert_eq!(answer["verdict_changes"][0]["bad"], "skipped", "{answer:#}");
    // A variable that says nothing about backends makes no difference.
    let (code, answer) = twice(&["--unset", "OLLAMA_MODELS_OF_NOBODY"], "same");
    assert_eq!(code, Some(0), "{answer:#}");
}

/// `libggml-cuda.so` lacks a library without the variable, and with it finds one that is none.
#[test]
fn a_variable_that_changes_only_the_reason_is_said_to_do_so() {
    if !gate::engine(test_name!()) {
        return;
    }
    let folder = open_folder();
    let Some(tree) = standin::tree(Era::Runner, folder.path()) else {
        return;
    };
    let backends = tree.library.join("cuda_v12");
    std::fs::create_dir(&backends).expect("a folder");
    place(Fault::MissingDependency, &backends, "libggml-cuda.so");
    let elsewhere = folder.path().join("elsewhere");
    std::fs::create_dir(&elsewhere).expect("a folder");
    std::fs::write(elsewhere.join(ABSENT), "no library\n").expect("a file");
    let set = format!("LD_LIBRARY_PATH={}", elsewhere.display());
    let output = ab(&tree, "reason", &[], &["--set", &set]);
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(output.status.code(), Some(1), "{said}");
    let first = said.lines().next().unwrap_or_default();
    assert!(
        first.starts_with("LD_LIBRARY_PATH=")
            && first.ends_with("cuda_v12 is failed for another reason"),
        "{said}"
    );
}

#[test]
fn a_signal_ends_the_recording_that_goes_on_and_nothing_is_compared() {
    if !gate::engine(test_name!()) {
        return;
    }
    let folder = open_folder();
    let (first, second) = (folder.path().join("x-a.vgt"), folder.path().join("x-b.vgt"));
    let mut running = Command::new(binary().expect("the binary"))
        .args(["ab", "--unset", "A", "-o"])
        .arg(folder.path().join("x"))
        .args(["--", "/bin/sleep", "60"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("vgputrace starts");
    while !first.exists() && running.try_wait().expect("a child").is_none() {
        sleep(Duration::from_millis(10));
    }
    let pid = Pid::from_child(&running);
    kill_process(pid, Signal::TERM).expect("a signal");
    let output = running.wait_with_output().expect("its output");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(
        said.contains("nothing is compared") && said.contains("x-a.vgt"),
        "{said}"
    );
    assert!(first.exists() && !second.exists() && output.stdout.is_empty());
}

#[test]
fn a_command_that_is_not_there_ends_with_2_and_its_reason() {
    if !gate::engine(test_name!()) {
        return;
    }
    let folder = open_folder();
    let output = Command::new(binary().expect("the binary"))
        .args(["ab", "--unset", "A", "-o"])
        .arg(folder.path().join("x"))
        .args(["--", "/nowhere/ollama", "serve"])
        .output()
        .expect("vgputrace starts");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains("/nowhere/ollama"), "{said}");
}
