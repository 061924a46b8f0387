//! Signals with their sender and what the kernel did with them.

use vgputrace::event::Hex;
use vgputrace::event::signal::Outcome;
use vgputrace_tests::programs::program;
use vgputrace_tests::symbols::assert_inside;
use vgputrace_tests::{Events, gate, test_name, trace};

const STORY: &[&str] = &["fork", "signal", "exit"];

/// The signal to this pid, as name, sender, code and result.
#[track_caller]
fn sent_to(events: &Events, pid: u32) -> (String, Option<u32>, i32, Outcome) {
    let all = events.signals();
    let (event, signal) = events.one(all, "signals to a child", STORY, |(_, one)| {
        one.to_pid == pid
    });
    assert_eq!(
        event.process,
        Some(events.process_of("signal_children")),
        "the sender's event"
    );
    let forked = events.forks().into_iter().find(|(_, fork)| fork.pid == pid);
    assert_eq!(signal.to, forked.map(|(_, fork)| fork.child));
    (
        signal.name.as_str().to_owned(),
        signal.from_pid,
        signal.code,
        signal.result,
    )
}

#[test]
fn a_signal_has_its_sender_and_one_to_the_dead_is_ignored() {
    if !gate::engine(test_name!()) {
        return;
    }
    let record = trace(program("signal_children")).run();
    record.ended_with(0);
    let events = &record.events;
    let out = record.outcome.out();
    let pids: Vec<u32> = out
        .split_whitespace()
        .filter_map(|word| word.parse().ok())
        .collect();
    let parent = Some(events.exec_of("signal_children").1.pid);
    let sent = |name: &str, result| (name.to_owned(), parent, 0, result);
    assert_eq!(
        sent_to(events, pids[0]),
        sent("SIGTERM", Outcome::Delivered)
    );
    assert_eq!(
        sent_to(events, pids[1]),
        sent("SIGKILL", Outcome::Delivered)
    );
    assert_eq!(sent_to(events, pids[2]), sent("SIGKILL", Outcome::Ignored));
    let end = |at: usize| {
        let forks = events.forks();
        let child = forks
            .iter()
            .find(|(_, fork)| fork.pid == pids[at])
            .map(|(_, fork)| fork.child);
        let exit = events.exit_of(child.expect("a fork")).1;
        (
            exit.code,
            exit.signal.as_ref().map(|name| name.as_str().to_owned()),
        )
    };
    assert_eq!(end(0), (None, Some("SIGTERM".to_owned())));
    assert_eq!(end(1), (None, Some("SIGKILL".to_owned())));
    assert_eq!(
        end(2),
        (Some(5), None),
        "the signal came too late and proves nothing"
    );
}

#[test]
fn a_signal_from_outside_the_trace_names_the_sender() {
    if !gate::engine(test_name!()) {
        return;
    }
    let mut running = trace(program("sleeps")).start();
    running.wait_for("ready");
    let pid = child_of(running.pid()).expect("the target");
    let sender = trace("/bin/sh").args(["-c", "kill -USR1 $0; kill -TERM $0; echo $$"]);
    let sender = sender.arg(pid.to_string()).bare();
    let record = running.record();
    assert!(
        [138, 143].contains(&record.code()),
        "{}",
        record.outcome.status
    );
    let events = &record.events;
    let all = events.signals();
    let (event, signal) = events.one(all, "SIGUSR1", STORY, |(_, one)| {
        one.name.as_str() == "SIGUSR1"
    });
    let sender_pid: u32 = sender.out().trim().parse().unwrap();
    assert_eq!((signal.from_pid, event.process), (Some(sender_pid), None));
    assert_eq!(
        signal.from_name.as_ref().map(|name| name.as_str()),
        Some("sh")
    );
    assert_eq!(signal.to, Some(events.process_of("sleeps")));
}

/// The first child of a process.
fn child_of(pid: u32) -> Option<u32> {
    let children = std::fs::read_to_string(format!("/proc/{pid}/task/{pid}/children"));
    children.ok()?.split_whitespace().next()?.parse().ok()
}

#[test]
fn an_ignored_signal_is_said_to_be_ignored() {
    if !gate::engine(test_name!()) {
        return;
    }
    let record = trace(program("ignores_signal")).run();
    record.ended_with(0);
    let all = record.events.signals();
    let (_, signal) = record.events.one(all, "SIGHUP", STORY, |(_, one)| {
        one.name.as_str() == "SIGHUP"
    });
    assert_eq!(signal.result, Outcome::Ignored);
}

#[test]
fn a_fault_that_the_program_handles_itself_is_still_a_fault_with_its_place() {
    if !gate::engine(test_name!()) {
        return;
    }
    let record = trace(program("handles_crash")).run();
    record.ended_with(42);
    let all = record.events.signals();
    let (_, signal) = record.events.one(all, "SIGSEGV", STORY, |(_, one)| {
        one.name.as_str() == "SIGSEGV"
    });
    assert_eq!((signal.code, signal.address), (1, Some(Hex(0x1000))));
    let at = signal.at.as_ref().expect("a place");
    assert_inside(at, &program("handles_crash"), "reads_a_bad_address");
}
