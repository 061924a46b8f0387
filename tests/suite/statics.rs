//! The static binary with nothing around it, and on other C libraries than this system's.

mod libraries;

use std::process::Output;

use vgputrace_tests::programs::{program_of, sources};
use vgputrace_tests::statics::{Root, needed};
use vgputrace_tests::{test_name, workspace};

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[track_caller]
fn ended_with(output: &Output, code: i32) {
    let said = text(&output.stderr);
    assert_eq!(output.status.code(), Some(code), "{said}");
    assert!(!said.contains("panicked"), "{said}");
}

/// An empty root with one of the traces that the program carries.
fn empty(test: &str) -> Option<Root> {
    let root = Root::empty(&needed(test)?);
    root.put(&workspace().join("tracer/traces/crash.vgt"), "crash.vgt");
    Some(root)
}

#[test]
fn a_trace_is_read_and_explained_with_nothing_else_on_the_machine() {
    let Some(root) = empty(test_name!()) else {
        return;
    };
    let shown = root.run(&["/vgputrace", "show", "--failures", "/crash.vgt"]);
    ended_with(&shown, 0);
    assert!(
        text(&shown.stdout).contains("SIGSEGV"),
        "{}",
        text(&shown.stdout)
    );
    let explained = root.run(&["/vgputrace", "explain", "--json", "/crash.vgt"]);
    ended_with(&explained, 0);
    assert!(text(&explained.stdout).contains("VG085"));
}

#[test]
fn what_cannot_be_done_there_is_said_in_one_sentence() {
    let Some(root) = empty(test_name!()) else {
        return;
    };
    for (words, code, says) in [
        (&["check"][..], 2, ""),
        (&["replay", "--example", "crash"], 2, "needs a terminal"),
        (&["run", "--", "/nothing"], 127, "/nothing"),
        (
            &[
                "run",
                "--engine",
                "ebpf",
                "-o",
                "/tmp/a.vgt",
                "--",
                "/vgputrace",
                "--version",
            ],
            125,
            "type information",
        ),
        (&["doctor"], 2, ""),
    ] {
        let words: Vec<&str> = ["/vgputrace"].iter().chain(words).copied().collect();
        let output = root.run(&words);
        ended_with(&output, code);
        assert!(text(&output.stderr).contains(says), "{words:?}: {output:?}");
    }
}

#[test]
fn the_virtual_gpu_is_installed_whole() {
    let Some(root) = empty(test_name!()) else {
        return;
    };
    ended_with(&root.run(&["/vgputrace", "shim", "install", "/tmp/gpu"]), 0);
    for library in [
        "libcuda.so.1",
        "libnvidia-ml.so.1",
        "libcudart.so.12",
        "libcublas.so.13",
    ] {
        let bytes = std::fs::read(root.own("tmp/gpu").join(library)).unwrap();
        assert_eq!(bytes.get(..4), Some(&b"\x7fELF"[..]), "{library}");
    }
}

/// A program of two system calls that fail, linked statically.
fn static_program(root: &Root, flags: &[&str]) {
    let source = sources().join("asks_node.c");
    root.put(&program_of(&source, "asks_node", flags), "target");
}

#[test]
fn a_static_program_is_recorded_by_both_engines() {
    let test = test_name!();
    for flags in [["-static", "-no-pie"], ["-static-pie", "-fPIE"]] {
        for engine in ["ebpf", "ptrace"] {
            let Some(root) = empty(test) else { return };
            std::fs::create_dir(root.own("sys")).unwrap();
            static_program(&root, &flags);
            let (output, events) =
                root.record(&["--engine", engine, "--", "/target", "1", "/nowhere/node"]);
            let story = events.story(&["exec", "open", "stat", "exit", "loss"]);
            let (_, exec) = events.exec_of("target");
            assert_eq!(exec.uid, [0, 0]);
            let (_, exit) = events.exit_of(events.process_of("target"));
            assert_eq!(
                exit.code.map(i32::from),
                output.status.code(),
                "{flags:?} {engine}: {story}\n{output:?}"
            );
            let opened = events.opens();
            let failed = opened.iter().any(|(_, open)| open.err.is_some());
            assert!(failed, "{flags:?} {engine}: {story}");
            assert!(events.losses().is_empty(), "{story}");
        }
    }
}
