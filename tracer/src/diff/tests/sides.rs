//! Sides that show different things: logs, texts of strace, recordings that were cut off. Only what both show is compared.

use super::{explanation, finding, model, text, variable};
use crate::diagnose::{Explanation, Finding, Verdict};
use crate::diff::{Answer, Run, diff};
use crate::discover::Model;
use crate::discover::model::{Evidence, Origin, Outcome, Words};
use crate::event::Seq;
use crate::event::library::Library;

fn compare(good: &Model, bad: &Model, causes: [Option<Finding>; 2]) -> Answer {
    let [before, after]: [Explanation; 2] = causes.map(|cause| explanation(Verdict::Failed, cause));
    diff(Run::new(good, &before), Run::new(bad, &after), &|_| false)
}

/// A log of the same run, with these variables.
fn log(variables: &[(&str, &str)]) -> Model {
    let mut log = model(3, 4712);
    log.origin = Origin::Log;
    log.folders.clear();
    log.children.clear();
    let server = log.server.as_mut().expect("a server");
    server.exe = text("");
    server.env = variables
        .iter()
        .map(|(name, value)| variable(name, value))
        .collect();
    log
}

/// The settings that differ between a recording with these variables and a log with those.
fn settings(given: &[(&str, &str)], printed: &[(&str, &str)]) -> Vec<String> {
    let mut recording = model(2, 4711);
    let server = recording.server.as_mut().expect("a server");
    server
        .env
        .extend(given.iter().map(|(name, value)| variable(name, value)));
    let told = |answer: Answer| -> Vec<String> {
        let all = answer.differences.into_iter();
        all.map(|one| one.sentence).collect()
    };
    let there = told(compare(&recording, &log(printed), [None, None]));
    let back = told(compare(&log(printed), &recording, [None, None]));
    assert_eq!(there.len(), back.len(), "{there:?} {back:?}");
    there
}

#[test]
fn what_a_log_prints_of_the_variables_is_compared_as_it_is_meant() {
    let defaults = [
        ("OLLAMA_CONTEXT_LENGTH", "0"),
        ("OLLAMA_DEBUG", "DEBUG"),
        ("OLLAMA_LLM_LIBRARY", ""),
        ("OLLAMA_VULKAN", "false"),
    ];
    let none: [String; 0] = [];
    assert_eq!(
        settings(&[("OLLAMA_DEBUG", "1"), ("LD_PRELOAD", "/x.so")], &defaults),
        none
    );
    assert_eq!(settings(&[("OLLAMA_VULKAN", "0")], &defaults), none);
    assert_eq!(
        settings(&[("OLLAMA_VULKAN", "1")], &[("OLLAMA_VULKAN", "true")]),
        none
    );
    assert_eq!(
        settings(&[], &[("OLLAMA_LLM_LIBRARY", "cuda_v12")]),
        ["OLLAMA_LLM_LIBRARY is `cuda_v12` (was not set)"]
    );
    assert_eq!(settings(&[("OLLAMA_VULKAN", "yes")], &defaults).len(), 1);
    // Since 0.30 it is on where nobody set it.
    assert_eq!(settings(&[], &[("OLLAMA_VULKAN", "true")]), none);
}

#[test]
fn the_words_of_the_loader_are_the_same_with_those_of_the_c_library_behind_them() {
    let failing = |words: &str| {
        let mut model = model(2, 4711);
        let load = &mut model.children[0].loads[0];
        load.outcome = Outcome::Failed;
        load.words.push(Words {
            object: text("libcuda.so.1"),
            text: text(words),
            occasion: text(""),
            err: None,
            seen: Evidence::event(Seq(41), "loader"),
        });
        model
    };
    let good = failing("cannot open shared object file");
    let mut bad = failing("cannot open shared object file: No such file or directory");
    bad.origin = Origin::Log;
    assert!(compare(&good, &bad, [None, None]).same);
    let mut other = failing("wrong ELF class: ELFCLASS32");
    other.origin = Origin::Log;
    assert!(!compare(&good, &other, [None, None]).same);
}

#[test]
fn another_object_of_the_same_verdict_is_told_where_nothing_else_can_be_compared() {
    let good = model(2, 4711);
    let mut bad = model(3, 4712);
    bad.origin = Origin::Strace;
    let of = |object: &str| Some(finding(&format!("{object} is nowhere"), object));
    let answer = compare(&good, &bad, [of("libcuda.so.1"), of("/x/libcublas.so.13")]);
    assert!(!answer.same);
    let change = &answer.verdict_changes[0];
    assert_eq!(change.good, change.bad);
    let cause = change.cause.as_deref();
    assert_eq!(cause, Some("/x/libcublas.so.13 is nowhere"));
    let same = compare(&good, &bad, [of("libcuda.so.1"), of("/y/libcuda.so.1")]);
    assert!(same.same, "{same:#?}");
    // A side that names no object may mean the same one.
    assert!(compare(&good, &bad, [of("libcuda.so.1"), None]).same);
}

#[test]
fn a_file_whose_soname_was_not_seen_on_one_side_is_the_same_file() {
    let [mut good, mut bad] = [model(2, 4711), model(3, 4712)];
    let path = text("/u/lib/ollama/libggml-base.so.0.19.0");
    for model in [&mut good, &mut bad] {
        model.children[0].mapped.push((path.clone(), Seq(37)));
    }
    let named = Library {
        soname: Some(text("libggml-base.so.0")),
        ..Library::default()
    };
    good.libraries.insert(path, named);
    for answer in [
        compare(&good, &bad, [None, None]),
        compare(&bad, &good, [None, None]),
    ] {
        assert!(answer.same, "{:#?}", answer.differences);
    }
    // Another file with that soname is another one.
    bad.children[0].mapped[2].0 = text("/x/libggml-base.so.0.19.0");
    assert!(!compare(&good, &bad, [None, None]).same);
}
