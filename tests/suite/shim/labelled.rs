//! Whatever is shown of a run without a real GPU says so, and says that launches of kernels compute nothing.

use std::path::Path;
use std::process::Command;

use vgputrace_tests::libraries::{Fault, place};
use vgputrace_tests::programs::program;
use vgputrace_tests::{Recorded, binary, gate, open_folder, test_name, trace};

/// What a command of the tool prints on standard output.
#[track_caller]
fn shown(words: &[&str], traces: &[&Path]) -> String {
    let binary = binary().expect("the gate was asked");
    let (command, options) = words.split_first().expect("a command");
    let mut tool = Command::new(binary);
    let said = tool.arg(command).args(traces).args(options).output();
    let said = said.expect("vgputrace starts");
    let text = String::from_utf8_lossy(&said.stdout).into_owned();
    // 1: two traces differ.
    let code = said.status.code();
    let fine = code == Some(0) || (*command == "diff" && code == Some(1));
    assert!(fine, "{words:?}: {said:?}");
    text
}

/// A small program that loads a backend of ggml.
fn recorded(folder: &Path, options: &[&str]) -> Recorded {
    let file = place(Fault::None, folder, "libggml-tracee.so");
    let record = trace(program("load_init"))
        .arg(&file)
        .options(options)
        .run();
    record.ended_with(0);
    record
}

#[test]
fn every_output_says_that_the_gpu_is_no_real_one_and_computes_nothing() {
    if !gate::engine(test_name!()) {
        return;
    }
    let folder = open_folder();
    let config = folder.path().join("vgpu.toml");
    std::fs::write(&config, "launch = \"record\"\n").unwrap();
    let option = format!("--shim={}", config.display());
    let record = recorded(folder.path(), &[&option]);
    let real = recorded(folder.path(), &[]);
    let commands: [&[&str]; 10] = [
        &["explain"],
        &["explain", "--json"],
        &["explain", "--markdown"],
        &["show"],
        &["show", "--calls"],
        &["show", "--failures"],
        &["show", "kind:exec"],
        &["show", "--json", "kind:exec"],
        &["show", "--summary"],
        &["show", "--summary", "--json"],
    ];
    let label = "recorded and compute nothing";
    for words in commands {
        // Long lines are wrapped.
        let one_line = |text: String| text.split_whitespace().collect::<Vec<_>>().join(" ");
        let said = one_line(shown(words, &[&record.path]));
        assert!(said.contains(label), "{words:?}: {said}");
        assert!(said.contains("virtual"), "{words:?}: {said}");
        let said = one_line(shown(words, &[&real.path]));
        assert!(!said.contains(label), "{words:?}: {said}");
    }
    for form in [&["diff"][..], &["diff", "--json"], &["diff", "--markdown"]] {
        let said = shown(form, &[&record.path, &record.path]);
        assert!(said.contains("compute nothing"), "{form:?}: {said}");
    }
    let said = shown(&["diff"], &[&record.path, &record.path]);
    assert!(said.contains("(no real GPU in both runs)"), "{said}");
    let said = shown(&["diff"], &[&real.path, &record.path]);
    assert!(said.contains("(no real GPU in the bad run)"), "{said}");
    let said = shown(&["diff"], &[&real.path, &real.path]);
    assert!(!said.contains("no real GPU"), "{said}");
}
