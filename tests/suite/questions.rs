//! docs/QUESTIONS.md: every command in it shows something on recordings of both eras.

use std::process::Command;

use vgputrace_tests::{binary, gate, test_name, workspace};

/// Recordings of a start with a GPU.
const TRACES: [&str; 2] = ["runner-gpu-used", "llama-server-gpu-used"];

/// The indented lines of the document that call this program; those that record need a server.
fn commands() -> Vec<String> {
    let path = workspace().join("docs/QUESTIONS.md");
    let text = std::fs::read_to_string(path).expect("it is part of the project");
    let lines = text.lines().filter_map(|line| line.strip_prefix("    "));
    lines
        .filter(|line| line.starts_with("vgputrace "))
        .map(str::to_owned)
        .collect()
}

/// What a command of the document prints, with this recording in the place of `run.vgt`, and of a second one of the same.
#[track_caller]
fn shown(command: &str, trace: &str) -> String {
    let binary = binary().expect("it was looked for");
    let folder = tempfile::tempdir().expect("a folder");
    let trace = workspace().join(format!("tests/corpus/traces/{trace}.vgt"));
    for name in ["run.vgt", "again.vgt"] {
        std::fs::copy(&trace, folder.path().join(name)).expect("a copy");
    }
    let tools = binary.parent().expect("it is in a folder").display();
    let output = Command::new("bash")
        .args(["-o", "pipefail", "-c", command])
        .current_dir(folder.path())
        .env("PATH", format!("{tools}:/usr/local/bin:/usr/bin:/bin"))
        .output()
        .expect("bash is there");
    let err = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success(),
        "{command}: {}: {err}",
        output.status
    );
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[test]
fn every_command_shows_something() {
    let tools = ["bash", "jq"];
    if binary().is_none() {
        return gate::skip(test_name!(), "no vgputrace binary");
    }
    if !tools
        .iter()
        .all(|tool| gate::tool(test_name!(), tool, "--version"))
    {
        return;
    }
    let commands = commands();
    assert!(commands.len() > 10, "{commands:?}");
    for trace in TRACES {
        for command in &commands {
            let out = shown(command, trace);
            let rows = out.lines().filter(|line| !line.trim().is_empty());
            assert!(rows.count() > 0, "{command} of {trace} shows nothing");
        }
    }
}

#[test]
fn what_ggml_backend_init_calls_is_among_what_is_shown() {
    if binary().is_none() {
        return gate::skip(test_name!(), "no vgputrace binary");
    }
    if !gate::tool(test_name!(), "bash", "--version") {
        return;
    }
    let commands = commands();
    let command = commands.iter().find(|command| command.contains("ggml_*"));
    let command = command.expect("the question is answered");
    for trace in TRACES {
        let out = shown(command, trace);
        for call in ["ggml_backend_init", "cudaGetDeviceCount", "cuInit"] {
            assert!(out.contains(call), "{trace}: no {call}");
        }
    }
}

#[test]
fn nothing_is_cached_as_two_starts_show() {
    if binary().is_none() {
        return gate::skip(test_name!(), "no vgputrace binary");
    }
    let commands = commands();
    let list = commands
        .iter()
        .find(|command| command.contains("kind:list"));
    let out = shown(list.expect("the question is answered"), TRACES[0]);
    assert!(out.contains("cuda_v13"), "{out}");
    assert!(
        commands
            .iter()
            .any(|command| command.starts_with("vgputrace diff"))
    );
}
