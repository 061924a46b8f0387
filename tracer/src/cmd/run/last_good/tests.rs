use std::path::{Path, PathBuf};

use super::{compare_in, read};
use crate::cmd::explain::source;
use crate::diagnose::{Explanation, Verdict, explain};
use crate::discover::Model;

fn recording(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../tests/corpus/traces/{name}.vgt"))
}

/// A recording and its explanation, as if the backend had been used.
fn good(name: &str) -> (Model, Explanation) {
    let model = source::file(&recording(name)).expect("a model");
    let mut explanation = explain(&model);
    for backend in &mut explanation.backends {
        if backend.name.as_str() == "cuda_v13" {
            backend.verdict = Verdict::Used;
        }
    }
    (model, explanation)
}

#[test]
fn a_good_run_is_remembered_and_a_worse_one_is_compared_with_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("state/last-good.json");
    let path = recording("runner-no-driver");
    let (model, explanation) = good("runner-no-driver");
    assert_eq!(compare_in(&file, &model, &explanation, &path, None), None);
    assert_eq!(read(&file).len(), 1);
    // A run without the folder, of the same server: it is told, and does not replace the good one.
    let bad = source::file(&recording("runner-cpu-only")).expect("a model");
    let told = compare_in(&file, &bad, &explain(&bad), Path::new("bad.vgt"), None);
    let (sentence, of) = told.expect("a sentence");
    assert!(sentence.contains("cuda_v13"), "{sentence}");
    assert_eq!(of, std::path::absolute(&path).expect("a path"));
    assert_eq!(read(&file).len(), 1);
    // Another unit has a memory of its own.
    let unit = Some("ollama.service");
    assert_eq!(
        compare_in(&file, &bad, &explain(&bad), Path::new("bad.vgt"), unit),
        None
    );
    // An equally good run takes its place.
    let again = Path::new("/again.vgt");
    assert_eq!(compare_in(&file, &model, &explanation, again, None), None);
    assert_eq!(read(&file)[0].trace, again);
    // Its trace is gone: nothing is said.
    assert_eq!(
        compare_in(&file, &bad, &explain(&bad), Path::new("bad.vgt"), None),
        None
    );
}

#[test]
fn a_damaged_memory_is_no_memory() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("last-good.json");
    for text in ["", "{", "[1]", "\u{0}"] {
        std::fs::write(&file, text).expect("a file");
        assert_eq!(read(&file), Vec::new(), "{text}");
    }
}
