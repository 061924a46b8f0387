//! The five stories that cost people a week each, told by `vgputrace explain` in one sentence: over recordings of the
//! stand-in's layouts, through the command that a user types.

use std::path::Path;
use std::process::{Command, Stdio};

use vgputrace::event::Kind;
use vgputrace_tests::layouts::{self, Era, record, server};
use vgputrace_tests::{Events, binary, test_name};

/// What `explain` says of a backend in the recording of a layout, on one line; `None` where it cannot be recorded here.
#[track_caller]
fn told(test: &str, layout: &str, era: Era, backend: &str) -> Option<(String, Events)> {
    let read = layouts::read(layout).expect("a layout");
    let standin = server::of(test, era)
        .into_iter()
        .find(|one| !one.is_real())?;
    let recording = record::recording(test, layout, &read, &standin)?;
    let path = recording.path.to_str().expect("a path");
    let words = explain(&[path, "--backend", backend], Stdio::null());
    Some((words, recording.events))
}

/// The answer of `vgputrace explain`, its line breaks taken out.
#[track_caller]
fn explain(arguments: &[&str], input: Stdio) -> String {
    let program = binary().expect("vgputrace is built");
    let answer = Command::new(program)
        .arg("explain")
        .args(arguments)
        .stdin(input)
        .output()
        .expect("it runs");
    let told = String::from_utf8(answer.stdout).expect("UTF-8");
    let why = String::from_utf8_lossy(&answer.stderr).into_owned();
    assert!(answer.status.success(), "{told}{why}");
    told.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[track_caller]
fn says(told: &str, sentence: &str) {
    assert!(
        told.contains(sentence),
        "{sentence}\n--- is not in ---\n{told}"
    );
}

/// What the server wrote, as its log has it.
fn log_of(events: &Events, into: &Path) {
    let server = events.execs().first().and_then(|(event, _)| event.process);
    let mut text = String::new();
    for event in &events.0 {
        let Kind::Output(output) = &event.kind else {
            continue;
        };
        let own = event.process.map(|one| one.number) == server.map(|one| one.number);
        if own && output.fd == 2 {
            text.push_str(output.text.value().map_or("", |text| text.as_str()));
        }
    }
    std::fs::write(into, text).expect("a log");
}

#[test]
fn a_skip_line_for_the_others_and_none_for_the_one_that_was_asked_for_means_that_it_was_tried() {
    for era in Era::ALL {
        let Some((words, events)) = told(test_name!(), "skipped_by_request", era, "cuda_v13")
        else {
            return;
        };
        says(
            &words,
            "cuda_v13: failed (VG105) libggml-cuda.so was loaded and started, and it tells no device.",
        );
        let Some((words, _)) = told(test_name!(), "skipped_by_request", era, "cuda_v12") else {
            return;
        };
        says(
            &words,
            "cuda_v12: skipped (VG020) cuda_v12 was passed over because OLLAMA_LLM_LIBRARY asks for \"cuda_v13\".",
        );
        // The log alone has a line for cuda_v12 and none that says that cuda_v13 is looked at.
        let folder = tempfile::tempdir().expect("a folder");
        let log = folder.path().join("server.log");
        log_of(&events, &log);
        let words = explain(&[log.to_str().expect("a path")], Stdio::null());
        // In the llama-server era the server's own probe says at least what it did not find itself.
        let tried = match era {
            Era::Runner => {
                "cuda_v13: unknown (VG200) cuda_v13 was tried and gave no device. Why, this log (DEBUG level) cannot tell"
            }
            Era::LlamaServer => {
                "cuda_v13: failed (VG052) libcuda.so.1, the driver's own library, could not be opened when the probe asked"
            }
        };
        says(&words, tried);
        says(
            &words,
            "cuda_v12 was passed over because OLLAMA_LLM_LIBRARY asks for \"cuda_v13\".",
        );
        if era == Era::Runner {
            says(&words, "A missing skip line proves nothing by itself");
        }
    }
}

#[test]
fn a_symbol_that_a_stand_in_for_the_driver_lacks_is_named_with_the_file_that_lacks_it() {
    for era in Era::ALL {
        let Some((words, _)) = told(test_name!(), "driver_lacks", era, "cuda_v12") else {
            return;
        };
        says(
            &words,
            "libggml-cuda.so could not be loaded: libggml-cuda.so needs cuMemCreate, and ",
        );
        says(
            &words,
            "/lib/driver/libcuda.so.1, which answered to libcuda.so*, found by LD_LIBRARY_PATH, does not define it.",
        );
    }
}

#[test]
fn a_missing_version_node_is_told_though_the_loader_speaks_of_a_symbol() {
    for era in Era::ALL {
        let Some((words, _)) = told(test_name!(), "version_missing", era, "cuda_v12") else {
            return;
        };
        says(
            &words,
            "libggml-cuda.so could not be loaded: libggml-cuda.so needs the symbol version libcudart.so.12 of ",
        );
        says(
            &words,
            "/lib/ollama/cuda_v12/libcudart.so.12, and that file does not have it (it defines libcudart.so.11.0).",
        );
    }
}

#[test]
fn a_missing_cublas_lt_is_told_with_the_library_that_needs_it() {
    for era in Era::ALL {
        let Some((words, _)) = told(test_name!(), "missing_dependency_below", era, "cuda_v12")
        else {
            return;
        };
        says(
            &words,
            "libggml-cuda.so could not be loaded: libcublas.so.12, which libggml-cuda.so needs, needs libcublasLt.so.12, and it is in none of the places where the loader looks.",
        );
    }
}

#[test]
fn a_preload_that_answers_dlopen_is_named() {
    for era in Era::ALL {
        let Some((words, _)) = told(test_name!(), "preload_refuses", era, "cuda_v12") else {
            return;
        };
        says(
            &words,
            "dlopen of libggml-cuda.so gave NULL and the loader said nothing: ",
        );
        says(
            &words,
            "/lib/driver/libpre.so, which is preloaded and defines dlopen itself, answered in its place.",
        );
        says(&words, "have its dlopen call the one of libc");
    }
}
