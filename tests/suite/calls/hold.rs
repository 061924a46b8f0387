//! `--hold`: the first call of a library that nobody could know is there, every time, and nobody waits for a dead recorder.

use std::path::PathBuf;

use rustix::process::Signal;
use vgputrace_tests::programs::{library_of, program};
use vgputrace_tests::{Target, gate, open_folder, test_name, trace};

/// How often a new copy is loaded.
const TIMES: usize = 200;

/// A driver under a name that says nothing, where no search leads to.
fn driver() -> PathBuf {
    let source = vgputrace_tests::workspace().join("tests/programs/lib/answers_attribute.c");
    library_of(None, &source, "plain-file", &["-DCODE=0"])
}

fn copying(folder: &std::path::Path) -> Target {
    trace(program("copies_and_loads"))
        .arg(driver())
        .arg(folder)
        .arg(TIMES.to_string())
        .options(["--hold"])
}

#[test]
fn the_first_call_of_a_copy_made_a_moment_ago_is_there_200_of_200_times() {
    if !gate::root(test_name!()) {
        return;
    }
    let folder = open_folder();
    let record = copying(folder.path()).run();
    record.ended_with(0);
    let said = format!("begun\n{TIMES} of {TIMES}\n");
    assert_eq!(record.outcome.out(), said);
    let events = &record.events;
    let calls = events.calls("cuInit");
    assert_eq!(calls.len(), TIMES, "{}", events.story(&["loss", "note"]));
    let place = folder.path().display().to_string();
    for called in &calls {
        assert!(called.returned.is_some());
        let of = called.call.of.as_ref().expect("the copy").as_str();
        assert!(of.starts_with(&place), "{of}");
    }
    let late = events.of_kind("late_library");
    assert!(late.is_empty(), "nothing was late: {late:?}");
}

#[test]
fn a_recorder_that_is_killed_holds_nobody() {
    if !gate::root(test_name!()) {
        return;
    }
    let folder = open_folder();
    let mut running = copying(folder.path()).start();
    running.wait_for("begun");
    running.signal(Signal::KILL);
    let said = running.wait_until("the end of the copies", |running| {
        let text = running.output();
        text.contains(" of ").then_some(text)
    });
    assert_eq!(said, format!("begun\n{TIMES} of {TIMES}\n"));
    let _ = running.finish();
}
