//! The stand-in under the recorder against recordings of a real Ollama 0.16.3 and 0.32.8: the same story.

use std::path::Path;

use vgputrace_tests::libraries::{Fault, place};
use vgputrace_tests::standin::{self, Era};
use vgputrace_tests::story::story;
use vgputrace_tests::{gate, open_folder, test_name};

/// Where Debian and Ubuntu keep a driver; the recordings are of machines without one.
const DRIVER: &str = "/usr/lib/x86_64-linux-gnu/libcuda.so.1";

/// A part of the stand-in's story that cannot be as in the recording.
struct Deviation {
    era: Era,
    standin: &'static str,
    recording: &'static str,
    reason: &'static str,
}

const DEVIATIONS: &[Deviation] = &[
    Deviation {
        era: Era::Runner,
        standin: "  opens ROOT/lib/ggml/libggml.so\n  opens LIB/libggml-base.so.0\n",
        recording: "",
        reason: "the loader is a library here and part of the program there; it needs libggml-base",
    },
    Deviation {
        era: Era::Runner,
        standin: "  opens a CPU backend\n",
        recording: "  opens a CPU backend\n  opens LIB/libggml-base.so.0\n",
        reason: "there the first CPU backend is what needs libggml-base; here it is loaded already",
    },
];

/// The story of this era with this backend in `cuda_v12` is the recorded one, but for the table.
#[track_caller]
fn as_recorded(test: &str, era: Era, backend: Option<Fault>, recorded: &str) {
    if !gate::engine(test) {
        return;
    }
    if era == Era::LlamaServer && backend.is_some() && Path::new(DRIVER).exists() {
        gate::skip(test, "this machine has a driver");
        return;
    }
    let folder = open_folder();
    let Some(tree) = standin::tree(era, folder.path()) else {
        return;
    };
    if let Some(fault) = backend {
        let backends = tree.library.join("cuda_v12");
        std::fs::create_dir(&backends).expect("a folder");
        place(fault, &backends, "libggml-cuda.so");
    }
    let record = tree.record(tree.command());
    record.ended_with(0);
    let mut told = story(&record.events, &tree);
    for one in DEVIATIONS.iter().filter(|one| one.era == era) {
        assert!(
            told.contains(one.standin),
            "no longer so: {}\n{told}",
            one.reason
        );
        told = told.replacen(one.standin, one.recording, 1);
    }
    assert_eq!(told, recorded, "ours:\n{told}");
}

#[test]
fn cpu_only_by_runner_is_as_recorded() {
    let recorded = include_str!("../../corpus/stories/runner-cpu-only.txt");
    as_recorded(test_name!(), Era::Runner, None, recorded);
}

#[test]
fn an_undefined_symbol_by_runner_is_as_recorded() {
    let recorded = include_str!("../../corpus/stories/runner-undefined-symbol.txt");
    as_recorded(
        test_name!(),
        Era::Runner,
        Some(Fault::UndefinedSymbol),
        recorded,
    );
}

#[test]
fn cpu_only_by_llama_server_is_as_recorded() {
    let recorded = include_str!("../../corpus/stories/llama-server-cpu-only.txt");
    as_recorded(test_name!(), Era::LlamaServer, None, recorded);
}

#[test]
fn an_undefined_symbol_by_llama_server_is_as_recorded() {
    let recorded = include_str!("../../corpus/stories/llama-server-undefined-symbol.txt");
    as_recorded(
        test_name!(),
        Era::LlamaServer,
        Some(Fault::UndefinedSymbol),
        recorded,
    );
}
