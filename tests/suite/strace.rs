//! Texts of strace from real servers: what `explain` says of each, beside what was true, and what `diff` makes of them.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;
use vgputrace_tests::{binary, workspace};

/// File, backend, verdict, words of the cause, and the beginning of the first note. `unknown`: the text does not show it.
const TABLE: [(&str, &str, &str, &str, &str); 26] = [
    (
        "0.16.3-1-plain",
        "cuda_v13",
        "failed",
        "libcuda.so.1",
        "1 process",
    ),
    ("0.16.3-1b-cpuonly", "cuda_v12", "absent", "", "1 process"),
    // The request is a variable, which strace does not show.
    (
        "0.16.3-2-llmlib-cuda_v12",
        "cuda_v13",
        "absent",
        "",
        "started no child",
    ),
    (
        "0.16.3-2b-llmlib-cuda_v13",
        "cuda_v13",
        "failed",
        "libcuda.so.1",
        "1 process",
    ),
    // The arguments were lost when the text was rewritten.
    (
        "0.16.3-3a-real-nolibcuda",
        "",
        "",
        "",
        "no start of any program",
    ),
    (
        "0.16.3-3b-real-stublibcuda",
        "",
        "",
        "",
        "no start of any program",
    ),
    (
        "0.16.3-3d-b7347-nolibcuda",
        "",
        "",
        "",
        "no start of any program",
    ),
    (
        "0.16.3-3e-b7347-stublibcuda",
        "",
        "",
        "",
        "no start of any program",
    ),
    (
        "0.16.3-4-missingdep",
        "cuda_v12",
        "failed",
        "libcudart_absent.so.12",
        "1 process",
    ),
    // An undefined symbol is found without a system call.
    ("0.16.3-5-undefsym", "cuda_v12", "unknown", "", "1 process"),
    (
        "0.16.3-6-initsegv",
        "cuda_v12",
        "failed",
        "crashed with SIGSEGV",
        "1 process",
    ),
    // Who killed it, and whether it had answered, is not among the traced calls.
    ("0.16.3-7-hang40", "cuda_v12", "unknown", "", "1 process"),
    ("0.32.8-1-cpuonly", "cuda_v13", "absent", "", "3 processes"),
    (
        "0.32.8-10a-noserver",
        "cuda_v13",
        "failed",
        "llama-server is not installed",
        "started no child",
    ),
    (
        "0.32.8-10b-serverperm",
        "cuda_v13",
        "unknown",
        "",
        "1 process",
    ),
    (
        "0.32.8-11-nolibllama",
        "cuda_v13",
        "failed",
        "libllama.so.0",
        "2 processes",
    ),
    (
        "0.32.8-12-vulkan-noicd",
        "vulkan",
        "failed",
        "NULL",
        "3 processes",
    ),
    (
        "0.32.8-2-cuda13-nodriver",
        "cuda_v13",
        "failed",
        "libcuda.so.1",
        "3 processes",
    ),
    (
        "0.32.8-3-cuda13-stub100",
        "cuda_v13",
        "failed",
        "no CUDA-capable device",
        "3 processes",
    ),
    (
        "0.32.8-4a-llmlib-exists",
        "cuda_v13",
        "failed",
        "libcuda.so.1",
        "3 processes",
    ),
    (
        "0.32.8-4b-llmlib-absent",
        "cuda_v13",
        "unknown",
        "",
        "started no child",
    ),
    (
        "0.32.8-5-missingdep",
        "cuda_v13",
        "failed",
        "libcublas.so.13",
        "3 processes",
    ),
    // The loader makes no call about it, and llama-server writes what it said.
    (
        "0.32.8-6-undefsym",
        "cuda_v12",
        "failed",
        "ggml_symbol_that_nobody_defines",
        "3 processes",
    ),
    (
        "0.32.8-7-initsegv",
        "cuda_v12",
        "failed",
        "crashed with SIGSEGV",
        "2 processes",
    ),
    (
        "0.32.8-8-inithang",
        "cuda_v12",
        "failed",
        "killed it after 30 s",
        "1 process",
    ),
    ("0.32.8-9-pretend", "cuda_v13", "unknown", "", "6 processes"),
];

fn folder() -> PathBuf {
    workspace().join("tests/corpus/strace")
}

/// The text of a file of the corpus, laid into a folder.
fn place(name: &str, into: &Path) -> PathBuf {
    let packed = fs::File::open(folder().join(format!("{name}.strace.zst"))).expect("the corpus");
    let path = into.join(format!("{name}.strace"));
    fs::write(&path, zstd::decode_all(packed).expect("zstd")).expect("a file");
    path
}

fn tool(arguments: &[&str]) -> (Option<i32>, Value, String) {
    let output = Command::new(binary().expect("the binary"))
        .args(arguments)
        .output()
        .expect("vgputrace starts");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    (
        output.status.code(),
        serde_json::from_slice(&output.stdout).unwrap_or_default(),
        said,
    )
}

#[test]
fn each_text_gives_the_verdict_that_it_can_show_and_no_false_one() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut wrong = Vec::new();
    for (name, backend, verdict, cause, note) in TABLE {
        let path = place(name, folder.path());
        let (code, answer, said) = tool(&["explain", "--json", &path.to_string_lossy()]);
        assert_eq!(code, Some(0), "{name}: {said}");
        let first = answer["notes"][0].as_str().unwrap_or_default();
        if !(first.starts_with("This strace holds") && first.contains(note)) {
            wrong.push(format!("{name}: {first}"));
        }
        let backends = answer["backends"].as_array().cloned().unwrap_or_default();
        let is = backends.iter().find(|one| one["name"] == backend);
        let fits = |one: &Value| {
            one["verdict"] == verdict && one["cause"].as_str().unwrap_or_default().contains(cause)
        };
        match is {
            Some(one) if fits(one) => {}
            None if matches!(verdict, "absent" | "unknown" | "") => {}
            other => wrong.push(format!("{name}: {other:?}")),
        }
        // No other backend was ever in these trees, so none may be said to have failed.
        for one in backends.iter().filter(|one| one["name"] != backend) {
            if !matches!(
                one["verdict"].as_str(),
                Some("absent" | "unknown" | "skipped")
            ) {
                wrong.push(format!("{name}: {one}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_table_has_every_text_of_the_corpus() {
    let entries = fs::read_dir(folder()).expect("the corpus").flatten();
    let mut names: Vec<String> = entries
        .filter_map(|entry| {
            let name = entry.file_name().to_string_lossy().into_owned();
            name.strip_suffix(".strace.zst").map(str::to_owned)
        })
        .collect();
    names.sort();
    let mut known: Vec<&str> = TABLE.iter().map(|row| row.0).collect();
    known.sort_unstable();
    assert_eq!(names, known);
}

#[test]
fn two_texts_differ_in_the_library_that_one_of_them_lacks_and_a_text_not_from_itself() {
    let folder = tempfile::tempdir().expect("a folder");
    let good = place("0.32.8-3-cuda13-stub100", folder.path());
    let bad = place("0.32.8-2-cuda13-nodriver", folder.path());
    let (good, bad) = (good.to_string_lossy(), bad.to_string_lossy());
    let (code, answer, said) = tool(&["diff", "--json", &good, &bad]);
    assert_eq!(code, Some(1), "{said}");
    let sentence = answer["first_divergence"]["sentence"]
        .as_str()
        .unwrap_or_default();
    assert!(sentence.contains("libcuda.so.1"), "{answer:#}");
    let (code, answer, _) = tool(&["diff", "--json", &bad, &bad]);
    assert_eq!(code, Some(0), "{answer:#}");
}

#[test]
fn the_files_of_one_strace_are_read_together() {
    let folder = tempfile::tempdir().expect("a folder");
    let whole = place("0.32.8-2-cuda13-nodriver", folder.path());
    let text = fs::read_to_string(&whole).expect("text");
    // As -ff writes them: a file for each thread, whose lines do not name it.
    for line in text.lines() {
        let (pid, rest) = line.split_once(' ').expect("a pid");
        let path = folder.path().join(format!("each.{pid}"));
        let mut lines = fs::read_to_string(&path).unwrap_or_default();
        lines += rest.trim_start();
        lines.push('\n');
        fs::write(path, lines).expect("a file");
    }
    let prefix = folder.path().join("each");
    let (code, answer, said) = tool(&["explain", "--json", &prefix.to_string_lossy()]);
    assert_eq!(code, Some(0), "{said}");
    let first = answer["notes"][0].as_str().unwrap_or_default();
    assert!(
        first.contains("a server (pid 20148) and 3 processes"),
        "{first}"
    );
    let backends = answer["backends"].as_array().expect("a list");
    let cuda = backends
        .iter()
        .find(|one| one["name"] == "cuda_v13")
        .expect("cuda_v13");
    assert_eq!(cuda["verdict"], "failed");
    assert!(
        cuda["cause"]
            .as_str()
            .unwrap_or_default()
            .contains("libcuda.so.1")
    );
}
