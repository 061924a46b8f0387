//! dlsym, dlvsym, dlmopen, and ggml's own functions.

use vgputrace::event::call::Value;
use vgputrace_tests::events::calls::{Called, sentence};
use vgputrace_tests::events::text;
use vgputrace_tests::libraries::{Fault, place};
use vgputrace_tests::programs::{library_of, program};
use vgputrace_tests::symbols::assert_inside;
use vgputrace_tests::{Events, gate, open_folder, test_name, trace};

use super::{DL, said_bare};

#[test]
fn a_failed_dlsym_has_the_loaders_words_and_its_caller() {
    if !gate::engine(test_name!()) {
        return;
    }
    let folder = open_folder();
    let file = place(Fault::None, folder.path(), "libggml-healthy.so");
    let record = trace(program("load_symbol"))
        .arg(&file)
        .arg("cuInit_absent")
        .run();
    record.ended_with(0);
    assert_eq!(record.outcome.out(), "missing\n");
    let events = &record.events;
    let called = events.call_with("dlsym", "cuInit_absent");
    assert!(
        called.call.entry_only,
        "a return probe on dlsym would change its result"
    );
    assert_inside(
        called.call.from.as_ref().expect("a caller"),
        &program("load_symbol"),
        "ask",
    );
    let said = said_bare(&[&format!("{},cuInit_absent", file.display())]);
    assert_eq!(said, [sentence(events.error_in(&called))]);
}

#[test]
fn a_dlsym_that_finds_has_no_error() {
    if !gate::engine(test_name!()) {
        return;
    }
    let folder = open_folder();
    let file = place(Fault::None, folder.path(), "libggml-healthy.so");
    let record = trace(program("load_symbol"))
        .arg(&file)
        .arg("ggml_backend_init")
        .run();
    record.ended_with(0);
    assert_eq!(record.outcome.out(), "found\n");
    let events = &record.events;
    let called = events.call_with("dlsym", "ggml_backend_init");
    assert!(events.errors_in(&called).is_empty(), "{}", events.story(DL));
    let opened = events.call_with("dlopen", "libggml-healthy.so");
    let handle = opened.returned.map(|(_, back)| back.result.clone());
    assert!(
        called
            .call
            .args
            .iter()
            .any(|(_, value)| Some(value) == handle.as_ref()),
        "dlsym got the handle of dlopen\n{}",
        events.story(DL)
    );
}

#[test]
fn a_failed_dlvsym_names_symbol_and_version() {
    if !gate::engine(test_name!()) {
        return;
    }
    let folder = open_folder();
    let file = place(Fault::None, folder.path(), "libggml-healthy.so");
    let record = trace(program("load_symbol"))
        .arg(&file)
        .args(["cudaFree", "libcudart.so.99"])
        .run();
    record.ended_with(0);
    let events = &record.events;
    let called = events.call_with("dlvsym", "cudaFree");
    let strings: Vec<&Value> = called.call.args.iter().map(|(_, value)| value).collect();
    let version = Value::Str(vgputrace::event::Seen::Yes("libcudart.so.99".into()));
    assert!(strings.contains(&&version), "{strings:?}");
    assert_inside(
        called.call.from.as_ref().expect("a caller"),
        &program("load_symbol"),
        "ask_version",
    );
    let said = said_bare(&[&format!("{},cudaFree@libcudart.so.99", file.display())]);
    assert_eq!(said, [sentence(events.error_in(&called))]);
}

#[test]
fn dlsym_with_rtld_default_and_rtld_next_says_so() {
    if !gate::engine(test_name!()) {
        return;
    }
    let record = trace(program("asks_everywhere")).run();
    record.ended_with(0);
    assert_eq!(record.outcome.out(), "found\nmissing\nfound\nmissing\n");
    let events = &record.events;
    let calls = events.calls("dlsym");
    assert_eq!(calls.len(), 4, "{}", events.story(DL));
    let handle = |called: &Called<'_>| called.call.args.first().map(|(_, value)| value.clone());
    for (at, name) in ["RTLD_DEFAULT", "RTLD_DEFAULT", "RTLD_NEXT", "RTLD_NEXT"]
        .iter()
        .enumerate()
    {
        assert_eq!(
            handle(&calls[at]),
            Some(Value::Name((*name).into())),
            "call {at}"
        );
    }
    for (at, failed) in [false, true, false, true].into_iter().enumerate() {
        assert_eq!(
            !events.errors_in(&calls[at]).is_empty(),
            failed,
            "call {at}"
        );
    }
    let missed = text(&events.error_in(&calls[3]).text).to_owned();
    assert_eq!(missed, "undefined symbol: vgputrace_no_next");
}

#[test]
fn dlmopen_has_its_result_and_its_failure() {
    if !gate::engine(test_name!()) {
        return;
    }
    let folder = open_folder();
    let file = place(Fault::None, folder.path(), "libggml-healthy.so");
    let target = trace(program("load_namespace"))
        .arg(&file)
        .arg("/nowhere/libapart.so");
    let record = target.run();
    record.ended_with(0);
    assert_eq!(record.outcome.out(), "loaded\nfailed\n");
    let events = &record.events;
    let good = events.call_with("dlmopen", "libggml-healthy.so");
    assert!(good.succeeded(), "{}", events.story(DL));
    assert_inside(
        good.call.from.as_ref().expect("a caller"),
        &program("load_namespace"),
        "load_apart",
    );
    let bad = events.call_with("dlmopen", "/nowhere/libapart.so");
    assert!(bad.failed(), "{}", events.story(DL));
    assert_eq!(text(&events.error_in(&bad).object), "/nowhere/libapart.so");
}

/// Runs `load_init` on a library that the recorder can find beforehand.
#[track_caller]
fn init(fault: Fault, says: &str) -> Events {
    let folder = open_folder();
    let file = place(fault, folder.path(), "libggml-tracee.so");
    let target = trace(program("load_init"))
        .arg(&file)
        .env("LD_LIBRARY_PATH", folder.path());
    let record = target.run();
    record.ended_with(0);
    assert_eq!(record.outcome.out(), format!("loaded\nhas init\n{says}\n"));
    let events = record.events.clone();
    let late = events.of_kind("late_library");
    assert!(
        late.is_empty(),
        "a file on the search path is known before\n{late:?}"
    );
    events
}

#[test]
fn ggml_backend_init_has_its_result_and_its_caller() {
    if !gate::engine(test_name!()) {
        return;
    }
    for fault in [Fault::None, Fault::EndBranch] {
        let events = init(fault, "version 2 name TRACEE");
        let calls = events.calls("ggml_backend_init");
        assert_eq!(calls.len(), 1, "{fault:?}\n{}", events.story(DL));
        assert!(calls[0].succeeded(), "{fault:?}\n{}", events.story(DL));
        let of = calls[0].call.of.as_ref().expect("the library").as_str();
        assert!(of.ends_with("/libggml-tracee.so"), "{of}");
        let from = calls[0].call.from.as_ref().expect("a caller");
        assert_inside(from, &program("load_init"), "start_backend");
    }
}

#[test]
fn a_ggml_backend_init_that_answers_null_has_failed() {
    if gate::engine(test_name!()) {
        let events = init(Fault::InitNull, "init says NULL");
        let calls = events.calls("ggml_backend_init");
        assert_eq!(calls.len(), 1, "{}", events.story(DL));
        assert!(calls[0].failed(), "{}", events.story(DL));
    }
}

#[test]
fn a_ggml_backend_init_of_another_version_is_no_failure_of_the_call() {
    if gate::engine(test_name!()) {
        let events = init(Fault::WrongApi, "version 77 name TRACEE");
        assert!(
            events.calls("ggml_backend_init")[0].succeeded(),
            "{}",
            events.story(DL)
        );
    }
}

#[test]
fn a_ggml_backend_init_that_is_a_jump_has_the_result_of_what_it_jumps_to() {
    if !gate::engine(test_name!()) {
        return;
    }
    let events = init(Fault::InitTail, "version 2 name TRACEE");
    let entry = events.calls("ggml_backend_init");
    assert_eq!(entry.len(), 1, "{}", events.story(DL));
    let inner = events.calls("ggml_backend_cuda_reg");
    assert_eq!(inner.len(), 1, "{}", events.story(DL));
    assert!(inner[0].succeeded(), "{}", events.story(DL));
    let from = inner[0].call.from.as_ref().expect("a caller");
    assert_inside(from, &program("load_init"), "start_backend");
    assert!(
        entry[0].unfinished.is_none(),
        "it did come back\n{}",
        events.story(DL)
    );
}

#[test]
fn a_library_that_could_not_be_known_before_is_marked_late_when_its_first_call_is_missing() {
    if !gate::engine(test_name!()) {
        return;
    }
    let folder = open_folder();
    let file = place(Fault::None, folder.path(), "libggml-surprise.so");
    let script = "cp \"$1\" \"$2\" && exec \"$0\" \"$2\"";
    let later = folder.path().join("later-libggml.so");
    let target = trace("/bin/sh")
        .args(["-c", script])
        .arg(program("load_init"));
    let record = target.arg(&file).arg(&later).run();
    record.ended_with(0);
    let events = &record.events;
    let seen = !events.calls("ggml_backend_init").is_empty();
    let marked = events.of_kind("late_library").len() == 1;
    assert!(
        seen || marked,
        "neither the call nor a word on its loss\n{}",
        events.story(&[])
    );
}

#[test]
fn a_function_of_cpp_is_known_by_its_name_in_the_library() {
    if !gate::engine(test_name!()) {
        return;
    }
    let source = vgputrace_tests::programs::sources().join("lib/common_log.cpp");
    let flags: [&str; 0] = [];
    let file = library_of(Some("g++"), &source, "libllama-common.so", &flags);
    let folder = file.parent().expect("a folder");
    let record = trace(program("logs_by_callback"))
        .arg(&file)
        .arg("_Z27common_log_default_callback14ggml_log_levelPKcPv")
        .env("LD_LIBRARY_PATH", folder)
        .run();
    record.ended_with(0);
    let events = &record.events;
    assert!(events.of_kind("late_library").is_empty());
    let called = events.calls("common_log_default_callback");
    assert_eq!(called.len(), 1, "{}", events.story(DL));
    let text = Value::Str(vgputrace::event::Seen::Yes(
        "load_backend: failed to find backend\n".into(),
    ));
    let args = &called[0].call.args;
    assert!(args.iter().any(|(_, value)| *value == text), "{args:?}");
    assert!(
        args.contains(&("level".into(), Value::Name("warn".into()))),
        "{args:?}"
    );
}
