//! A process that runs, by its number, under both engines.

use rustix::process::Signal;
use vgputrace::event::Seen;
use vgputrace_tests::events::text;
use vgputrace_tests::programs::program;
use vgputrace_tests::{Events, gate, test_name};

use super::{Attached, Worker};

/// What every engine tells of it: program, arguments, libraries, system calls of several threads, children.
#[track_caller]
fn is_told(events: &Events, pid: u32) {
    // A child of its that was about to execute another program then is told by the same name.
    let execs = events.execs_of("works_on");
    let own = execs.into_iter().find(|(_, exec)| exec.pid == pid);
    let (event, exec) = own.expect("the process itself");
    assert!(exec.already, "{exec:?}");
    assert_eq!(exec.argv.whole().map(Vec::len), Some(2));
    assert!(
        exec.env
            .whole()
            .is_some_and(|all| all.iter().any(|one| one.k.as_str() == "PATH"))
    );
    let process = event.process;
    let libc = events.maps().into_iter().any(|(event, map)| {
        event.process == process && map.already && text(&map.path).ends_with("libc.so.6")
    });
    assert!(libc, "{}", events.story(&["map"]));
    let opens = events.opens();
    let output = opens
        .iter()
        .find(|(event, open)| event.process == process && open.already && open.fd == Some(1));
    assert!(output.is_some(), "{}", events.story(&["open"]));
    let mut threads: Vec<u32> = events
        .opens()
        .iter()
        .filter(|(event, open)| event.process == process && !open.already)
        .filter(|(_, open)| text(&open.path) == "/etc/hostname")
        .filter_map(|(event, _)| event.tid)
        .collect();
    threads.sort_unstable();
    threads.dedup();
    assert_eq!(threads.len(), 2, "threads that open");
    let child = events
        .execs_of("true")
        .into_iter()
        .find(|(_, exec)| !exec.already);
    let child = child.expect("a child that began later").1;
    assert_eq!(
        child.parent.map(|one| one.number),
        process.map(|one| one.number)
    );
    assert!(matches!(&child.argv, Seen::Yes(argv) if argv.len() == 1));
}

/// Several children have begun and ended.
fn has_children(events: &Events) -> bool {
    events.execs_of("true").len() > 3 && events.exits().len() > 3
}

#[test]
fn a_process_is_recorded_and_goes_on_when_the_recorder_is_interrupted() {
    if !gate::engine(test_name!()) {
        return;
    }
    let worker = Worker::start(&program("works_on"));
    let pid = worker.running.pid();
    let mut attached = Attached::start(&["--pid", &pid.to_string(), "--engine", "ebpf"]);
    attached.until("children", has_children);
    worker.works();
    let (outcome, events) = attached.stop();
    assert_eq!(outcome.shell_code(), 0, "{}", outcome.err());
    is_told(&events, pid);
    let missed = events.loader_errors();
    assert!(
        missed
            .iter()
            .any(|(_, error)| text(&error.object).contains("not-there"))
    );
    let words = outcome.err();
    for part in ["attached to", "what they loaded", "the target runs as"] {
        assert!(words.contains(part), "{part}: {words}");
    }
    worker.ends_well();
}

#[test]
fn ptrace_takes_a_process_without_a_filter_and_lets_it_go() {
    if !gate::root(test_name!()) {
        return;
    }
    let worker = Worker::start(&program("works_on"));
    let pid = worker.running.pid();
    let mut attached = Attached::start(&["--pid", &pid.to_string(), "--engine", "ptrace"]);
    attached.until("children", has_children);
    worker.works();
    let (outcome, events) = attached.stop();
    assert_eq!(outcome.shell_code(), 0, "{}", outcome.err());
    is_told(&events, pid);
    assert!(
        outcome
            .err()
            .contains("each system call stops the target twice")
    );
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).expect("a status");
    assert!(status.contains("TracerPid:\t0"), "{status}");
    assert!(status.contains("Seccomp:\t0"), "{status}");
    worker.ends_well();
}

#[test]
fn a_recorder_that_is_killed_leaves_the_process_at_work() {
    if !gate::engine(test_name!()) {
        return;
    }
    for engine in ["ebpf", "ptrace"] {
        for round in 0..5 {
            let worker = Worker::start(&program("works_on"));
            let pid = worker.running.pid().to_string();
            let attached = Attached::start(&["--pid", &pid, "--engine", engine]);
            std::thread::sleep(std::time::Duration::from_millis(7 * round));
            attached.running.signal(Signal::KILL);
            let _ = attached.running.finish();
            worker.ends_well();
        }
    }
}

#[test]
fn a_process_that_is_not_there_is_said_to_be_none() {
    if !gate::engine(test_name!()) {
        return;
    }
    let tool = vgputrace_tests::binary().unwrap_or_default();
    let outcome = vgputrace_tests::trace(tool)
        .args(["attach", "--pid", "4194303"])
        .bare();
    assert_eq!(outcome.shell_code(), 125);
    assert!(
        outcome.err().contains("there is no process 4194303"),
        "{}",
        outcome.err()
    );
}
