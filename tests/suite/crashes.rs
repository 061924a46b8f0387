//! Ends by signal, inside a load above all: what was open, where the program was, who sent it.

mod signals;

use vgputrace::event::call::{Because, Value};
use vgputrace::event::signal::Signal;
use vgputrace::event::{Event, Hex};
use vgputrace_tests::libraries::{Fault, place};
use vgputrace_tests::programs::program;
use vgputrace_tests::symbols::assert_inside;
use vgputrace_tests::{Recorded, gate, open_folder, test_name, trace};

const STORY: &[&str] = &[
    "call",
    "return",
    "unfinished",
    "loader_error",
    "signal",
    "exit",
];

/// Loads a faulty library in C; the run must end with this code.
#[track_caller]
fn load(fault: Fault, code: i32) -> (Recorded, tempfile::TempDir) {
    let folder = open_folder();
    let file = place(fault, folder.path(), "libggml-tracee.so");
    let target = trace(program("load_init"))
        .arg(&file)
        .env("LD_LIBRARY_PATH", folder.path());
    let record = target.run();
    record.ended_with(code);
    (record, folder)
}

/// The only fatal signal of the run, raised by the kernel or by the program itself.
#[track_caller]
fn fatal<'a>(record: &'a Recorded, name: &str) -> (&'a Event, &'a Signal) {
    let all = record.events.signals();
    let found = record
        .events
        .one(all, name, STORY, |(_, signal)| signal.name.as_str() == name);
    assert_eq!(
        found.1.to,
        found.0.process,
        "its own doing\n{}",
        record.events.story(STORY)
    );
    found
}

/// The call is open: entered, never back, and said to be unfinished because its process ended.
#[track_caller]
fn stays_open(record: &Recorded, function: &str) -> u64 {
    let calls = record.events.calls(function);
    assert_eq!(calls.len(), 1, "{}", record.events.story(STORY));
    assert!(
        calls[0].returned.is_none(),
        "{}",
        record.events.story(STORY)
    );
    let (_, open) = calls[0].unfinished.expect("a word that it is unfinished");
    assert_eq!(
        open.because,
        Because::Exit,
        "{}",
        record.events.story(STORY)
    );
    calls[0].event.seq.0
}

#[track_caller]
fn died_of(record: &Recorded, signal: &str) {
    let process = record.events.process_of("load_init");
    let (_, exit) = record.events.exit_of(process);
    assert_eq!(
        (exit.code, exit.signal.as_ref().map(|name| name.as_str())),
        (None, Some(signal))
    );
}

#[test]
fn a_crash_in_a_constructor_leaves_dlopen_open_with_address_place_and_symbol() {
    if !gate::engine(test_name!()) {
        return;
    }
    let (record, folder) = load(Fault::ConstructorCrash, 139);
    let dlopen = stays_open(&record, "dlopen");
    let constructor = stays_open(&record, "set_up");
    let (event, signal) = fatal(&record, "SIGSEGV");
    assert_eq!((signal.number, signal.code, signal.from_pid), (11, 1, None));
    assert_eq!(signal.address, Some(Hex(0)));
    let outer = record.events.calls("set_up")[0].event.parent;
    assert_eq!(
        (event.parent.map(|seq| seq.0), outer.map(|seq| seq.0)),
        (Some(constructor), Some(dlopen)),
        "{}",
        record.events.story(STORY)
    );
    let file = folder.path().join("libggml-tracee.so");
    assert_inside(
        signal.at.as_ref().expect("a place"),
        &file,
        "writes_to_null",
    );
    died_of(&record, "SIGSEGV");
}

#[test]
fn a_crash_in_ggml_backend_init_has_its_address_and_place() {
    if !gate::engine(test_name!()) {
        return;
    }
    for address in [0, 0xdead_b000] {
        let (record, folder) = load(Fault::InitCrash(address), 139);
        let init = stays_open(&record, "ggml_backend_init");
        let (event, signal) = fatal(&record, "SIGSEGV");
        assert_eq!(signal.address, Some(Hex(address)));
        assert_eq!(event.parent.map(|seq| seq.0), Some(init));
        let file = folder.path().join("libggml-tracee.so");
        assert_inside(
            signal.at.as_ref().expect("a place"),
            &file,
            "reads_a_bad_address",
        );
        died_of(&record, "SIGSEGV");
    }
}

#[test]
fn a_truncated_library_is_a_sigbus_inside_dlopen() {
    if !gate::engine(test_name!()) {
        return;
    }
    for length in [600, 8192, 50000] {
        let (record, _folder) = load(Fault::Truncated(length), 135);
        let dlopen = stays_open(&record, "dlopen");
        let (event, signal) = fatal(&record, "SIGBUS");
        assert_eq!(
            (signal.number, signal.code),
            (7, 2),
            "BUS_ADRERR at {length}"
        );
        assert_eq!(event.parent.map(|seq| seq.0), Some(dlopen));
        let at = signal
            .at
            .as_ref()
            .and_then(|at| at.object.as_ref())
            .expect("an object");
        assert!(
            at.as_str().contains("ld-linux") || at.as_str().contains("/ld-"),
            "{at}"
        );
        assert!(
            signal.address.is_some_and(|address| address.0 > 0x1000),
            "{signal:?}"
        );
        let maps = record.events.maps();
        assert!(
            maps.iter().any(|(_, map)| {
                map.path
                    .whole()
                    .is_some_and(|path| path.as_str().ends_with("libggml-tracee.so"))
            }),
            "the mapping that the address is in"
        );
        died_of(&record, "SIGBUS");
    }
}

#[test]
fn an_abort_in_ggml_backend_init_is_a_signal_of_its_own() {
    if !gate::engine(test_name!()) {
        return;
    }
    let (record, _folder) = load(Fault::InitAbort, 134);
    stays_open(&record, "ggml_backend_init");
    let (event, signal) = fatal(&record, "SIGABRT");
    assert_eq!((signal.number, signal.code), (6, -6), "SI_TKILL");
    let own = record.events.exec_of("load_init").1.pid;
    assert_eq!(
        (signal.from_pid, signal.to_pid),
        (Some(own), own),
        "{event:?}"
    );
    died_of(&record, "SIGABRT");
}

#[test]
fn an_exception_that_leaves_a_constructor_is_an_abort_inside_dlopen() {
    if !gate::engine(test_name!()) {
        return;
    }
    let (record, _folder) = load(Fault::ConstructorThrow, 134);
    stays_open(&record, "dlopen");
    fatal(&record, "SIGABRT");
    assert!(
        record
            .events
            .written(2)
            .contains("what():  out of a constructor")
    );
    died_of(&record, "SIGABRT");
}

#[test]
fn an_exit_in_ggml_backend_init_is_an_exit_with_the_call_open() {
    if !gate::engine(test_name!()) {
        return;
    }
    let (record, _folder) = load(Fault::InitExit, 3);
    stays_open(&record, "ggml_backend_init");
    let process = record.events.process_of("load_init");
    assert_eq!(record.events.exit_of(process).1.code, Some(3));
    assert!(
        record.events.signals().is_empty(),
        "{}",
        record.events.story(STORY)
    );
}

/// A call that hangs is an event while it hangs, long before the recorder's time-out ends it.
#[track_caller]
fn hangs(fault: Fault, function: &str) {
    let folder = open_folder();
    let file = place(fault, folder.path(), "libggml-tracee.so");
    let target = trace(program("load_init"))
        .arg(&file)
        .env("LD_LIBRARY_PATH", folder.path());
    let record = target.options(["--timeout", "9s"]).run();
    assert_eq!(record.code(), 124, "{}", record.outcome.err());
    let events = &record.events;
    let calls = events.calls(function);
    assert_eq!(calls.len(), 1, "{}", events.story(STORY));
    assert!(calls[0].returned.is_none());
    let (while_it_hangs, _) = events
        .unfinished()
        .into_iter()
        .find(|(_, open)| open.call == Some(calls[0].event.seq) && open.because == Because::Slow)
        .unwrap_or_else(|| panic!("no word while it hangs\n{}", events.story(STORY)));
    let (killed, signal) = events.signals()[0];
    assert_eq!(signal.name.as_str(), "SIGTERM", "{}", events.story(STORY));
    assert!(while_it_hangs.time < killed.time, "{}", events.story(STORY));
    assert!(
        while_it_hangs
            .duration
            .is_some_and(|spent| spent >= 1_000_000_000)
    );
    let (_, end) = events.ends()[0];
    assert_eq!((end.why.as_str(), end.status), ("timeout", Some(124)));
}

#[test]
fn a_hang_in_ggml_backend_init_is_an_event_while_it_hangs() {
    if gate::engine(test_name!()) {
        hangs(Fault::InitHang, "ggml_backend_init");
    }
}

#[test]
fn a_hang_in_a_constructor_is_an_event_while_it_hangs() {
    if gate::engine(test_name!()) {
        hangs(Fault::ConstructorHang, "dlopen");
    }
}

#[test]
fn a_crash_in_c_that_go_turns_into_exit_code_2_is_a_signal_with_the_place_in_c() {
    if !gate::go(test_name!()) {
        return;
    }
    let folder = open_folder();
    let file = place(Fault::InitCrash(0), folder.path(), "libggml-tracee.so");
    let target = trace(program("cgo_load"))
        .arg(&file)
        .env("LD_LIBRARY_PATH", folder.path());
    let record = target.run();
    record.ended_with(2);
    let events = &record.events;
    stays_open(&record, "ggml_backend_init");
    let all = events.signals();
    let (_, signal) = events.one(all, "faults", STORY, |(_, signal)| {
        signal.name.as_str() == "SIGSEGV" && signal.from_pid.is_none()
    });
    assert_eq!(signal.address, Some(Hex(0)));
    assert_inside(
        signal.at.as_ref().expect("a place"),
        &file,
        "reads_a_bad_address",
    );
    let (_, exit) = events.exit_of(events.process_of("cgo_load"));
    assert_eq!((exit.code, &exit.signal), (Some(2), &None));
}

#[test]
fn a_healthy_load_in_go_has_its_calls_and_no_fault() {
    if !gate::go(test_name!()) {
        return;
    }
    let folder = open_folder();
    let file = place(Fault::None, folder.path(), "libggml-tracee.so");
    let target = trace(program("cgo_load"))
        .arg(&file)
        .env("LD_LIBRARY_PATH", folder.path());
    let record = target.run();
    record.ended_with(0);
    assert_eq!(record.outcome.out(), "registered true\n");
    let events = &record.events;
    assert!(events.call_with("dlopen", "libggml-tracee.so").succeeded());
    let init = events.calls("ggml_backend_init");
    let result = init[0].returned.map(|(_, back)| back.result.clone());
    assert!(
        matches!(result, Some(Value::Hex(pointer)) if pointer.0 != 0),
        "{result:?}"
    );
}
