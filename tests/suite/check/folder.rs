//! `explain DIR`: an installation, its library folder, a system, libraries alone; told as `check` tells it.

use std::path::Path;

use serde_json::Value;
use vgputrace_tests::libraries::Fault;
use vgputrace_tests::{Outcome, binary, gate, open_folder, test_name, trace};

use super::image::{Image, RUNNER};

fn explain(folder: &Path, options: &[&str]) -> Outcome {
    trace(binary().unwrap_or_default())
        .arg("explain")
        .arg(folder)
        .args(options)
        .bare()
}

fn json(outcome: &Outcome) -> Value {
    match serde_json::from_str(&outcome.out()) {
        Ok(value) => value,
        Err(error) => panic!("{error}: {}{}", outcome.out(), outcome.err()),
    }
}

#[test]
fn every_folder_of_an_installation_is_told_as_check_tells_it() {
    let Some(image) = Image::of(RUNNER, test_name!()) else {
        return;
    };
    image.backend(Fault::MissingDependency, "cuda_v12");
    for folder in [
        "",
        "usr/local",
        "usr/local/bin",
        "usr/local/lib/ollama",
        "usr/local/lib/ollama/cuda_v12",
    ] {
        let told = explain(&image.at(folder), &["--json"]);
        assert_eq!(told.shell_code(), 0, "{folder}: {}", told.err());
        let value = json(&told);
        assert_eq!(value["ollama"]["era"], "runner", "{folder}: {value}");
        let row = &value["backends"][0];
        assert_eq!(row["name"], "cuda_v12", "{folder}: {value}");
        let missing = &row["findings"][0]["missing_object"];
        assert_eq!(missing, "libvgputrace_absent.so.9", "{folder}: {value}");
    }
    // A system is looked at as one: its paths are inside it.
    let system = json(&explain(&image.at(""), &["--json"]));
    assert_eq!(system["ollama"]["program"], "/usr/local/bin/ollama");
    let page = explain(&image.at("usr/local/lib/ollama"), &[]).out();
    assert!(page.contains("[VG320]"), "{page}");
    let markdown = explain(&image.at("usr/local"), &["--markdown"]).out();
    assert_eq!(markdown.matches("```").count(), 2, "{markdown}");
    let none = explain(&image.at("usr/local"), &["--backend", "rocm"]);
    assert_eq!(none.shell_code(), 2);
    assert!(none.err().contains("cuda_v12"), "{}", none.err());
}

#[test]
fn libraries_without_a_program_are_judged_by_themselves() {
    let Some(image) = Image::of(RUNNER, test_name!()) else {
        return;
    };
    image.backend(Fault::MissingDependency, "cuda_v12");
    let alone = open_folder();
    let kept = alone.path().join("kept");
    std::fs::rename(image.at("usr/local/lib/ollama"), &kept).expect("one file system");
    let value = json(&explain(&kept, &["--json"]));
    assert_eq!(value["ollama"]["era"], "unknown", "{value}");
    assert_eq!(
        value["ollama"]["library_dir"],
        kept.to_string_lossy().as_ref()
    );
    assert_eq!(value["backends"][0]["state"], "fails", "{value}");
    let notes = value["notes"].to_string();
    assert!(notes.contains("no program is there"), "{notes}");
}

#[test]
fn a_folder_of_something_else_is_2_and_says_what_could_be_told() {
    if binary().is_none() {
        return gate::skip(test_name!(), "no vgputrace binary");
    }
    let empty = open_folder();
    let told = explain(empty.path(), &[]);
    assert_eq!(told.shell_code(), 2, "{}", told.out());
    let err = told.err();
    assert!(err.contains("neither a trace, nor a log"), "{err}");
    assert!(err.contains("vgputrace check --bin"), "{err}");
}

#[test]
fn a_place_that_was_searched_is_the_loaders_cache_too() {
    let Some(image) = Image::of(RUNNER, test_name!()) else {
        return;
    };
    image.backend(Fault::MissingDependency, "cuda_v12");
    let cache = |image: &Image| {
        let answer = image.check();
        let evidence = answer.finding("VG320")["evidence"].clone();
        let all = evidence.as_array().cloned().unwrap_or_default();
        let found = all.into_iter().find(|one| one["at"] == "/etc/ld.so.cache");
        found.unwrap_or_else(|| panic!("{answer}"))["text"].to_string()
    };
    assert!(cache(&image).contains("ldconfig makes it anew"));
    // A whole cache of no libraries (glibc, sysdeps/generic/dl-cache.h): magic, counts, and nothing behind.
    let mut empty = b"glibc-ld.so.cache1.1".to_vec();
    empty.resize(48, 0);
    std::fs::create_dir_all(image.at("etc")).expect("it is ours");
    std::fs::write(image.at("etc/ld.so.cache"), empty).expect("it is ours");
    assert!(cache(&image).contains("no entry for libvgputrace_absent.so.9"));
}

#[test]
fn every_rule_that_check_prints_has_a_page_and_is_completed() {
    if binary().is_none() {
        return gate::skip(test_name!(), "no vgputrace binary");
    }
    let run = |words: &[&str]| trace(binary().unwrap_or_default()).args(words).bare();
    let list = run(&["explain", "--code", "all"]).out();
    let completions = run(&["completions", "bash"]).out();
    let pages = vgputrace_tests::workspace().join("docs/diagnoses");
    let document = std::fs::read_to_string(pages.join("../CHECK.md")).expect("it is there");
    let ids = document.lines().filter_map(|line| {
        let id = line.strip_prefix("| VG")?.split(' ').next()?;
        Some(format!("VG{id}"))
    });
    let mut count = 0;
    for id in ids {
        let told = run(&["explain", "--code", &id.to_lowercase()]);
        assert!(told.out().starts_with(&format!("# {id}: ")), "{id}");
        assert!(list.contains(&id) && completions.contains(&id), "{id}");
        assert!(pages.join(format!("{id}.md")).is_file(), "{id}");
        count += 1;
    }
    assert!(count > 25, "{count}");
    let none = run(&["explain", "--code", "VG999"]);
    assert_eq!(none.shell_code(), 2);
    assert!(none.err().contains("--code all"), "{}", none.err());
}
