//! Constructors of libraries: entered, finished, crashed or never finished, and what was asked for inside.

use vgputrace::event::call::Because;
use vgputrace_tests::events::calls::Called;
use vgputrace_tests::libraries::{Fault, place};
use vgputrace_tests::programs::{library, program};
use vgputrace_tests::{Events, Recorded, Target, gate, open_folder, test_name, trace};

const STORY: &[&str] = &["call", "return", "unfinished", "signal", "exit"];
const STRIPPED: &[&str] = &["-s"];

/// The constructors that a program's libraries ran, in order.
fn constructors(events: &Events) -> Vec<Called<'_>> {
    let names: Vec<String> = events
        .entered()
        .into_iter()
        .filter(|(_, call)| call.api.as_str() == "constructor")
        .map(|(_, call)| call.function.as_str().to_owned())
        .collect();
    names.iter().flat_map(|name| events.calls(name)).collect()
}

/// The one that the test's library has.
#[track_caller]
fn set_up(events: &Events) -> Called<'_> {
    let found = events.calls("set_up");
    assert_eq!(found.len(), 1, "{}", events.story(STORY));
    found[0]
}

/// A program that loads a backend with this fault; its probes are there before.
fn loading(fault: Fault, options: &[&str]) -> (Recorded, tempfile::TempDir) {
    let folder = open_folder();
    let file = place(fault, folder.path(), "libggml-tracee.so");
    let target: Target = trace(program("load_init"))
        .arg(&file)
        .env("LD_LIBRARY_PATH", folder.path())
        .env("VGPUTRACE_INNER", "/nowhere/libinner.so")
        .options(options);
    (target.run(), folder)
}

#[test]
fn what_a_constructor_asks_for_stands_inside_it_and_it_inside_its_dlopen() {
    if !gate::engine(test_name!()) {
        return;
    }
    let (record, _folder) = loading(Fault::ConstructorOpens, &[]);
    let events = &record.events;
    let own = set_up(events);
    let outer = events.call_with("dlopen", "libggml-tracee.so");
    assert_eq!(own.event.parent, Some(outer.event.seq));
    assert!(own.returned.is_some(), "{}", events.story(STORY));
    let of = own.call.of.as_ref().expect("the library").as_str();
    assert!(of.ends_with("/libggml-tracee.so"), "{of}");
    let inner = events.call_with("dlopen", "/nowhere/libinner.so");
    assert_eq!(inner.event.parent, Some(own.event.seq));
    assert!(inner.failed());
}

#[test]
fn a_crash_in_a_constructor_leaves_it_unfinished_and_stands_inside_it() {
    if !gate::engine(test_name!()) {
        return;
    }
    let (record, _folder) = loading(Fault::ConstructorCrash, &[]);
    assert_eq!(record.code(), 139);
    let events = &record.events;
    let own = set_up(events);
    assert!(own.returned.is_none(), "{}", events.story(STORY));
    let last = own.unfinished.map(|(_, open)| open.because);
    assert_eq!(last, Some(Because::Exit), "{}", events.story(STORY));
    let inside = events
        .signals()
        .iter()
        .any(|(event, signal)| signal.is_fault() && event.parent == Some(own.event.seq));
    assert!(inside, "{}", events.story(STORY));
}

#[test]
fn a_constructor_that_hangs_is_told_as_unfinished() {
    if !gate::engine(test_name!()) {
        return;
    }
    let (record, _folder) = loading(Fault::ConstructorHang, &["--timeout", "1s"]);
    let events = &record.events;
    let own = set_up(events);
    assert!(own.returned.is_none(), "{}", events.story(STORY));
    assert!(own.unfinished.is_some(), "{}", events.story(STORY));
}

#[test]
fn a_constructor_that_throws_is_unfinished_and_the_program_ends_as_it_would() {
    if !gate::engine(test_name!()) {
        return;
    }
    let (record, _folder) = loading(Fault::ConstructorThrow, &[]);
    assert_eq!(record.code(), 134);
    let events = &record.events;
    let open = constructors(events)
        .into_iter()
        .filter(|one| one.returned.is_none() && one.unfinished.is_some())
        .count();
    assert_eq!(open, 1, "{}", events.story(STORY));
}

#[test]
fn a_preloaded_library_that_exports_nothing_is_seen_in_its_constructor_without_symbols_too() {
    if !gate::engine(test_name!()) {
        return;
    }
    let whole = library("preload_sets_up", "libsets-up.so", &[] as &[&str]);
    let stripped = library("preload_sets_up", "libsets-up.so", STRIPPED);
    for (file, named) in [(&whole, true), (&stripped, false)] {
        let target = trace("/bin/true").env("LD_PRELOAD", file);
        let record = target.run();
        record.ended_with(0);
        assert_eq!(record.outcome, target.bare());
        let events = &record.events;
        let asked = events.call_with("dlopen", "libcuda_vgputrace_absent.so.1");
        let own = constructors(events)
            .into_iter()
            .find(|one| asked.event.parent == Some(one.event.seq));
        let own = own.unwrap_or_else(|| panic!("{}", events.story(STORY)));
        assert_eq!(own.call.function.as_str() == "set_up", named);
        assert!(own.returned.is_some(), "{}", events.story(STORY));
    }
}
