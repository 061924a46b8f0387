//! Loads inside loads, and loads that a preloaded library answers.

use vgputrace_tests::events::text;
use vgputrace_tests::libraries::{ABSENT, Fault, place};
use vgputrace_tests::programs::{library, program};
use vgputrace_tests::symbols::assert_inside;
use vgputrace_tests::{gate, open_folder, test_name, trace};

use super::DL;

const NONE: &[&str] = &[];

#[test]
fn a_dlopen_in_a_constructor_is_inside_the_dlopen_that_runs_it() {
    if !gate::engine(test_name!()) {
        return;
    }
    let folder = open_folder();
    let outer = place(Fault::ConstructorOpens, folder.path(), "libggml-outer.so");
    let inner = place(Fault::MissingDependency, folder.path(), "libinner.so");
    let record = trace(program("load"))
        .arg(&outer)
        .env("VGPUTRACE_INNER", &inner)
        .run();
    record.ended_with(0);
    assert_eq!(record.outcome.out(), "loaded\n");
    let events = &record.events;
    let first = events.call_with("dlopen", "libggml-outer.so");
    let second = events.call_with("dlopen", "libinner.so");
    assert!(first.succeeded() && second.failed(), "{}", events.story(DL));
    let constructor = events.calls("set_up")[0].event;
    assert_eq!(
        (second.event.parent, constructor.parent),
        (Some(constructor.seq), Some(first.event.seq)),
        "{}",
        events.story(DL)
    );
    assert_inside(
        second.call.from.as_ref().expect("a caller"),
        &outer,
        "opens_inner",
    );
    assert_eq!(text(&events.error_in(&second).object), ABSENT);
    assert!(events.errors_in(&first).is_empty(), "{}", events.story(DL));
}

#[test]
fn a_preloaded_dlopen_that_forwards_is_seen_and_so_is_the_one_it_asks() {
    if !gate::engine(test_name!()) {
        return;
    }
    let folder = open_folder();
    let file = place(Fault::None, folder.path(), "libggml-healthy.so");
    let preload = library("preload_forward", "libforward.so", NONE);
    let record = trace(program("load"))
        .arg(&file)
        .env("LD_PRELOAD", &preload)
        .run();
    record.ended_with(0);
    let events = &record.events;
    let calls = events.calls("dlopen");
    assert_eq!(calls.len(), 2, "{}", events.story(DL));
    let of = |at: usize| {
        calls[at]
            .call
            .of
            .as_ref()
            .map_or("", |path| path.as_str())
            .to_owned()
    };
    assert_eq!(of(0), preload.display().to_string());
    assert!(
        of(1).contains("libc.so.6") || of(1).contains("libdl"),
        "{}",
        of(1)
    );
    assert!(
        calls.iter().all(|called| called.succeeded()),
        "{}",
        events.story(DL)
    );
    assert_inside(
        calls[0].call.from.as_ref().expect("a caller"),
        &program("load"),
        "load_it",
    );
    assert_inside(
        calls[1].call.from.as_ref().expect("a caller"),
        &preload,
        "dlopen",
    );
    assert_eq!(calls[1].event.parent, Some(calls[0].event.seq));
}

#[test]
fn a_preloaded_dlopen_that_answers_by_itself_is_seen() {
    if !gate::engine(test_name!()) {
        return;
    }
    let preload = library("preload_answer", "libanswer.so", NONE);
    let target = trace(program("load")).args(["libcuda.so.1", "/nowhere/other.so"]);
    let record = target.env("LD_PRELOAD", &preload).run();
    record.ended_with(0);
    assert_eq!(record.outcome.out(), "loaded\nfailed\n");
    let events = &record.events;
    let answered = events.call_with("dlopen", "libcuda.so.1");
    let refused = events.call_with("dlopen", "other.so");
    assert!(
        answered.succeeded() && refused.failed(),
        "{}",
        events.story(DL)
    );
    for called in [answered, refused] {
        let of = called
            .call
            .of
            .as_ref()
            .expect("the object")
            .as_str()
            .to_owned();
        assert_eq!(of, preload.display().to_string());
        assert!(events.errors_in(&called).is_empty(), "libc was never asked");
    }
    let facts = events.libraries();
    let (_, library) = events.one(
        facts,
        "facts about the preload",
        &["library"],
        |(_, one)| one.path.as_str() == preload.display().to_string(),
    );
    assert_eq!(library.interposes, ["dlopen".into()]);
}
