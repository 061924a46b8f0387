//! The stand-in for Ollama's bootstrap: what it says and does is what a real Ollama says and does.

use std::time::Duration;

use vgputrace_tests::libraries::{Fault, place};
use vgputrace_tests::standin::{self, Era, Tree};
use vgputrace_tests::{Outcome, open_folder};

/// The server's words in a bare run, until it has named its devices.
#[track_caller]
fn words(tree: &Tree, variables: &[(&str, &str)]) -> String {
    let mut command = tree.command().limit(Duration::from_secs(60));
    for (name, value) in variables {
        command = command.env(name, value);
    }
    let mut running = command.start_bare();
    let said = running.wait_for_error("msg=\"vram-based default context\"");
    running.signal(rustix::process::Signal::TERM);
    let Outcome { status, .. } = running.finish();
    assert_eq!(status.code(), Some(0), "SIGTERM ends the server in order");
    said
}

#[test]
fn without_a_graphics_folder_one_runner_is_asked_and_the_cpu_line_is_the_answer() {
    let folder = open_folder();
    let Some(tree) = standin::tree(Era::Runner, folder.path()) else {
        return;
    };
    let said = words(&tree, &[]);
    assert_eq!(said.matches("msg=\"starting runner\"").count(), 1, "{said}");
    assert!(said.contains("initial_count=0"), "{said}");
    assert!(said.contains("id=cpu library=cpu compute=\"\""), "{said}");
}

#[test]
fn a_runner_that_crashes_leaves_no_word_below_the_finest_level() {
    let folder = open_folder();
    let Some(tree) = standin::tree(Era::Runner, folder.path()) else {
        return;
    };
    let backends = tree.library.join("cuda_v12");
    std::fs::create_dir(&backends).unwrap();
    place(Fault::InitCrash(0), &backends, "libggml-cuda.so");
    let quiet = words(&tree, &[]);
    assert!(!quiet.contains("runner exited"), "{quiet}");
    assert!(!quiet.contains("failure"), "{quiet}");
    let all = words(&tree, &[("OLLAMA_DEBUG", "2")]);
    assert!(
        all.contains("level=TRACE source=runner.go:461 msg=\"runner exited\""),
        "{all}"
    );
    assert!(
        all.contains("code=2"),
        "Go's own handler ends the runner: {all}"
    );
    assert!(all.contains("signal arrived during cgo execution"), "{all}");
}

#[test]
fn a_runner_that_hangs_is_killed_when_its_time_is_over() {
    let folder = open_folder();
    let Some(tree) = standin::tree(Era::Runner, folder.path()) else {
        return;
    };
    let backends = tree.library.join("cuda_v12");
    std::fs::create_dir(&backends).unwrap();
    place(Fault::InitHang, &backends, "libggml-cuda.so");
    let said = words(&tree, &[("STANDIN_TIME_SCALE", "0.05")]);
    assert!(
        said.contains("error=\"failed to finish discovery before timeout\""),
        "{said}"
    );
}
