use std::collections::BTreeMap;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use super::{Candidates, Start, Why, candidates};
use crate::event::Text;
use crate::source::library::Root;
use crate::source::library::subject::Subject;

/// A root with an Ollama installation and a C library, all of them small.
fn installation() -> (Subject, PathBuf) {
    let subject = Subject::new();
    let small = subject.library("small.so", "int f(void) { return 1; }", &[]);
    let put = |path: &str| {
        let to = subject.folder().join(path);
        std::fs::create_dir_all(to.parent().unwrap()).unwrap();
        std::fs::copy(&small, to).unwrap();
    };
    for path in [
        "usr/lib64/libc.so.6",
        "lib/ld-musl-x86_64.so.1",
        "opt/o/lib/ollama/libggml-base.so",
        "opt/o/lib/ollama/cuda_v12/libggml-cuda.so",
        "opt/o/lib/ollama/cuda_v12/deeper/libtoo-deep.so",
        "opt/shim/libpreload.so",
        "opt/shim/libetc.so",
        "opt/cuda/libcudart.so.12",
        "opt/cuda/libunrelated.so",
        "opt/ggml/libggml-custom.so",
        "opt/ggml/near/libllama.so",
        "usr/lib64/libcuda.so.1",
    ] {
        put(path);
    }
    subject.file("opt/o/lib/ollama/libtext.so", "no library");
    subject.file("etc/ld.so.preload", "/opt/shim/libetc.so # a comment\n");
    let base = subject.folder().join("opt/o/lib/ollama");
    symlink("libggml-base.so", base.join("libggml-base.so.0")).unwrap();
    let exe = subject.compile("opt/o/bin/ollama", "int main(void) { return 0; }", &[]);
    std::fs::create_dir_all(subject.folder().join("usr/bin")).unwrap();
    symlink("/opt/o/bin/ollama", subject.folder().join("usr/bin/ollama")).unwrap();
    (subject, exe)
}

fn by_path(found: &Candidates) -> BTreeMap<&str, Why> {
    found
        .list
        .iter()
        .map(|one| (one.path.to_str().unwrap(), one.why))
        .collect()
}

#[test]
fn all_that_an_ollama_may_load_is_found_once() {
    let (subject, _) = installation();
    let start = Start {
        library_path: Some(Text::from("/opt/cuda")),
        preload: Some(Text::from("/opt/shim/libpreload.so libabsent.so")),
        backend_path: Some(Text::from("/opt/ggml/libggml-custom.so")),
        cwd: PathBuf::from("/opt/ggml/near"),
    };
    let root = Root::new(subject.folder());
    let found = candidates(Path::new("/usr/bin/ollama"), &start, &root);
    assert!(!found.cut);
    let wanted = BTreeMap::from([
        ("/usr/lib64/libc.so.6", Why::System),
        ("/lib/ld-musl-x86_64.so.1", Why::System),
        ("/opt/shim/libpreload.so", Why::Preload),
        ("/opt/shim/libetc.so", Why::Preload),
        ("/opt/o/lib/ollama/libggml-base.so", Why::Ollama),
        ("/opt/o/lib/ollama/cuda_v12/libggml-cuda.so", Why::Ollama),
        ("/opt/ggml/libggml-custom.so", Why::Ggml),
        ("/opt/ggml/near/libllama.so", Why::Ggml),
        ("/opt/cuda/libcudart.so.12", Why::Driver),
        ("/usr/lib64/libcuda.so.1", Why::Driver),
    ]);
    assert_eq!(by_path(&found), wanted);
}

#[test]
fn a_program_of_this_machine_brings_libc_loader_and_what_it_needs() {
    let exe = std::env::current_exe().unwrap();
    let start = Start {
        cwd: PathBuf::from("/"),
        ..Start::default()
    };
    let found = candidates(&exe, &start, &Root::default());
    let names: Vec<_> = found
        .list
        .iter()
        .map(|one| (one.path.file_name().unwrap().to_str().unwrap(), one.why))
        .collect();
    for wanted in [
        ("libc.so.6", Why::System),
        ("ld-linux-x86-64.so.2", Why::System),
        ("libgcc_s.so.1", Why::Needed),
    ] {
        assert!(names.contains(&wanted), "{wanted:?} in {names:?}");
    }
}

#[test]
fn a_program_that_is_not_there_still_brings_the_system() {
    let found = candidates(Path::new("/absent/x"), &Start::default(), &Root::default());
    assert!(found.list.iter().any(|one| one.why == Why::System));
}
