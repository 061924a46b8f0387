//! The stand-in for Ollama's bootstrap: what it says and does is what a real Ollama says and does.

mod story;

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
    // The server, as Ollama does, waits for the runner and for its words at once: a busy machine may close the pipe first.
    let told = (0..10).any(|_| {
        let all = words(&tree, &[("OLLAMA_DEBUG", "2")]);
        assert!(
            all.contains("level=TRACE source=runner.go:461 msg=\"runner exited\""),
            "{all}"
        );
        assert!(
            all.contains("code=2"),
            "Go's own handler ends the runner: {all}"
        );
        all.contains("signal arrived during cgo execution")
    });
    assert!(told, "the crash is told at the finest level");
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

#[test]
fn a_folder_that_was_not_asked_for_is_skipped_with_a_word_and_nothing_is_started() {
    for era in Era::ALL {
        let folder = open_folder();
        let Some(tree) = standin::tree(era, folder.path()) else {
            return;
        };
        let backends = tree.library.join("cuda_v13");
        std::fs::create_dir(&backends).unwrap();
        place(Fault::None, &backends, "libggml-cuda.so");
        let said = words(&tree, &[("OLLAMA_LLM_LIBRARY", "cuda_v12")]);
        let line = format!(
            "msg=\"skipping available library at user's request\" requested=cuda_v12 libDir={}",
            backends.display()
        );
        assert!(said.contains(&line), "{said}");
        assert!(!said.contains("OLLAMA_LIBRARY_PATH="), "no attempt: {said}");
    }
}

#[test]
fn vulkan_is_skipped_with_a_word_in_the_first_era_and_without_one_in_the_second() {
    for (era, variable, spoken) in [(Era::Runner, "", true), (Era::LlamaServer, "0", false)] {
        let folder = open_folder();
        let Some(tree) = standin::tree(era, folder.path()) else {
            return;
        };
        let backends = tree.library.join("vulkan");
        std::fs::create_dir(&backends).unwrap();
        place(Fault::None, &backends, "libggml-vulkan.so");
        let said = words(&tree, &[("OLLAMA_VULKAN", variable)]);
        assert_eq!(
            said.contains("experimental Vulkan support disabled."),
            spoken,
            "{said}"
        );
        assert!(!said.contains("OLLAMA_LIBRARY_PATH="), "no attempt: {said}");
    }
}

/// A tree of the later era with this backend in `cuda_v12`.
#[track_caller]
fn with_backend(folder: &std::path::Path, fault: Fault) -> Option<Tree> {
    let tree = standin::tree(Era::LlamaServer, folder)?;
    let backends = tree.library.join("cuda_v12");
    std::fs::create_dir(&backends).expect("a folder");
    place(fault, &backends, "libggml-cuda.so");
    Some(tree)
}

#[test]
fn without_a_graphics_folder_llama_server_and_the_probe_still_run_once() {
    let folder = open_folder();
    let Some(tree) = standin::tree(Era::LlamaServer, folder.path()) else {
        return;
    };
    let said = words(&tree, &[]);
    assert!(
        said.contains("stopped subprocess after collecting GPU info\" exit=unknown"),
        "{said}"
    );
    for unusual in ["level=WARN", "failure", "failed"] {
        assert!(!said.contains(unusual), "{said}");
    }
    assert!(said.contains("id=cpu library=cpu compute=\"\""), "{said}");
}

#[test]
fn a_backend_that_cannot_be_loaded_is_explained_by_the_probe_when_the_driver_is_missing_too() {
    let folder = open_folder();
    let Some(tree) = with_backend(folder.path(), Fault::UndefinedSymbol) else {
        return;
    };
    let said = words(&tree, &[]);
    let line = said
        .lines()
        .find(|line| line.contains("native GPU discovery failed"));
    let line = line.unwrap_or_else(|| panic!("{said}"));
    assert!(
        line.contains("error=\"exit status 1\" stderr=\"load_backend: failed to load "),
        "{line}"
    );
    assert!(
        line.contains("undefined symbol: vgputrace_defined_nowhere\\n"),
        "{line}"
    );
    assert!(
        !said.contains("level=WARN"),
        "llama-server itself is content: {said}"
    );
    // llama-server's own words are for the finest level only: two lists, one start.
    let all = words(&tree, &[("OLLAMA_DEBUG", "2")]);
    let of_llama_server = |line: &&str| line.contains(" E load_backend: failed to load ");
    assert_eq!(all.lines().filter(of_llama_server).count(), 3, "{all}");
}

#[test]
fn a_backend_that_crashes_ends_llama_server_by_the_signal_itself() {
    let folder = open_folder();
    let Some(tree) = with_backend(folder.path(), Fault::InitCrash(0)) else {
        return;
    };
    let said = words(&tree, &[]);
    assert!(
        said.contains("system_info line not found in output"),
        "{said}"
    );
    assert!(
        said.contains(
            "error=\"llama-server --list-devices failed: signal: segmentation fault\" detail=\"\""
        ),
        "{said}"
    );
}

#[test]
fn a_backend_that_hangs_costs_the_limit_of_all_three_steps() {
    let folder = open_folder();
    let Some(tree) = with_backend(folder.path(), Fault::InitHang) else {
        return;
    };
    let said = words(&tree, &[("STANDIN_TIME_SCALE", "0.05")]);
    assert!(said.contains("watchdog timed out"), "{said}");
    assert!(
        said.contains("error=\"context deadline exceeded\" detail=\"\""),
        "{said}"
    );
}

#[test]
fn llama_server_without_one_of_its_libraries_ends_with_127_twice() {
    let folder = open_folder();
    let Some(tree) = standin::tree(Era::LlamaServer, folder.path()) else {
        return;
    };
    std::fs::remove_file(tree.library.join("libllama.so.0")).unwrap();
    let said = words(&tree, &[]);
    assert!(said.contains("exit=127 libDirs="), "{said}");
    assert!(said.contains("lines_captured=1"), "{said}");
    assert!(
        said.contains("--list-devices failed: exit status 127"),
        "{said}"
    );
}
