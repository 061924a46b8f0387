//! Folders with the shim's libraries, and plans for trees.

use std::path::{Path, PathBuf};

use vgputrace_bundle::files;
use vgputrace_device::ready::by_name;

use super::cover::{Plan, beyond_preload, plan};
use super::folder::{self, Existing, library_of};
use super::{Error, faults};
use crate::source::library::candidates::{Candidate, Why};

#[test]
fn a_name_of_any_length_says_which_library_a_file_is() {
    let soname = |name| library_of(name).map(|library| library.soname);
    assert_eq!(soname("libcublas.so.12.8.4.1"), Some("libcublas.so.12"));
    assert_eq!(soname("libcublasLt.so.13"), Some("libcublasLt.so.13"));
    assert_eq!(soname("libcuda.so"), Some("libcuda.so.1"));
    assert_eq!(soname("libcuda.so.580.65.06"), Some("libcuda.so.1"));
    for other in [
        "libcublas.so.120",
        "libcublas.so.11",
        "libcudadebugger.so.1",
        "libcuda.sox",
        "",
    ] {
        assert_eq!(soname(other), None, "{other}");
    }
}

#[test]
fn all_libraries_are_written_with_their_links_and_known_again() {
    let place = tempfile::tempdir().unwrap();
    let all = files(&[]).unwrap();
    let written = folder::write(&all, place.path(), Existing::Keep).unwrap();
    assert_eq!(written.len(), 10);
    let link = std::fs::read_link(place.path().join("libcuda.so")).unwrap();
    assert_eq!(link, Path::new("libcuda.so.1"));
    let again = folder::write(&all, place.path(), Existing::Keep);
    assert!(matches!(again, Err(Error::There(path)) if path.ends_with("libcuda.so.1")));
    assert_eq!(folder::read(place.path()).unwrap().len(), 8);
    std::fs::write(place.path().join("libcuda.so.1"), "another").unwrap();
    assert_eq!(folder::read(place.path()).unwrap().len(), 7);
}

#[test]
fn a_library_that_the_loader_refuses_is_not_preloaded() {
    let place = tempfile::tempdir().unwrap();
    let list = |name: &str| {
        let all = files(&[by_name(name).unwrap()]).unwrap();
        folder::write(&all, place.path(), Existing::Replace).unwrap();
        let known = folder::read(place.path()).unwrap();
        let list = folder::preload(&known, place.path()).unwrap();
        list.to_string_lossy().into_owned()
    };
    assert!(list("cuda-without-symbol").contains("/libcuda.so.1"));
    for name in ["cuda-missing", "cuda-truncated", "cuda-32-bit"] {
        assert!(!list(name).contains("/libcuda.so.1"), "{name}");
    }
    assert!(matches!(
        folder::preload(&[], Path::new("/a b")),
        Err(Error::Unlistable(_))
    ));
}

#[test]
fn configurations_are_files_one_after_the_other() {
    let place = tempfile::tempdir().unwrap();
    assert_eq!(folder::configure(&[], place.path()).unwrap(), None);
    let texts = [("one", "a = 1"), ("two", "b = 2")];
    let texts = texts.map(|(origin, text)| (origin.to_owned(), text.to_owned()));
    let list = folder::configure(&texts, place.path()).unwrap().unwrap();
    assert_eq!(folder::configured(place.path()), Some(list.clone()));
    let paths: Vec<PathBuf> = std::env::split_paths(&list).collect();
    assert_eq!(std::fs::read_to_string(&paths[1]).unwrap(), "b = 2");
    folder::forget(place.path()).unwrap();
    assert_eq!(folder::configured(place.path()), None);
}

fn candidate(path: &str, why: Why) -> Candidate {
    Candidate {
        path: path.into(),
        inode: (0, 0),
        why,
    }
}

#[test]
fn files_of_a_tree_are_covered_and_those_that_must_be_missing_hidden() {
    let found = [
        candidate("/o/lib/ollama/cuda_v12/libcublas.so.12.8.4.1", Why::Ollama),
        candidate(
            "/o/lib/ollama/cuda_v12/libcublasLt.so.12.8.4.1",
            Why::Ollama,
        ),
        candidate("/o/lib/ollama/cuda_v12/libggml-cuda.so", Why::Ollama),
        candidate("/own/lib/libcuda.so.1", Why::Driver),
    ];
    let own = Path::new("/own");
    let healthy = plan(&found, &files(&[]).unwrap(), own);
    assert_eq!(healthy.covered.len(), 2);
    assert!(healthy.hidden.is_empty());
    let without = files(&[by_name("cublaslt-missing").unwrap()]).unwrap();
    let without_lt = plan(&found, &without, own);
    let covered = PathBuf::from("/o/lib/ollama/cuda_v12/libcublas.so.12.8.4.1");
    let hidden = PathBuf::from("/o/lib/ollama/cuda_v12/libcublasLt.so.12.8.4.1");
    assert_eq!(
        without_lt,
        Plan {
            covered: vec![(covered, "libcublas.so.12")],
            hidden: vec![hidden.clone()],
            masked: Vec::new(),
        }
    );
    assert_eq!(beyond_preload(&without_lt, &without), Some(hidden));
}

#[test]
fn what_preloading_cannot_do_is_known_before() {
    let found = [candidate("/usr/lib/libcuda.so.580.65.06", Why::Driver)];
    let own = Path::new("/own");
    let missing = files(&[by_name("cuda-missing").unwrap()]).unwrap();
    let without = plan(&found, &missing, own);
    assert_eq!(without.masked, [found[0].path.clone()]);
    assert!(without.hidden.is_empty());
    assert!(beyond_preload(&without, &missing).is_some());
    let other = files(&[by_name("cuda-32-bit").unwrap()]).unwrap();
    let covered = plan(&found, &other, own);
    assert!(beyond_preload(&covered, &other).is_some());
}

#[test]
fn an_unknown_fault_is_an_error() {
    let names = ["mig".to_owned(), "nothing-of-this".to_owned()];
    assert!(matches!(faults(&names), Err(Error::NoSuchFault(name)) if name == "nothing-of-this"));
}
