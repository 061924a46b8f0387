//! How a recording ends before its target does: time-out, pattern, Ctrl-C, and the death of the recorder.

use std::path::Path;
use std::time::Duration;

use rustix::process::Signal;
use vgputrace_tests::programs::program;
use vgputrace_tests::{binary, gate, open_folder, recorded, test_name, trace};

fn alive(pid: u32) -> bool {
    // A zombie is not alive: its command line is empty.
    std::fs::read(format!("/proc/{pid}/cmdline")).is_ok_and(|line| !line.is_empty())
}

fn pid_in(words: &str) -> u32 {
    let pid = words
        .lines()
        .find_map(|line| line.strip_prefix("ready ")?.trim().parse().ok());
    pid.unwrap_or(0)
}

#[test]
fn a_time_out_ends_the_target_with_sigterm_and_124() {
    if !gate::engine(test_name!()) {
        return;
    }
    let record = trace(program("ends_on_signal"))
        .options(["--timeout", "1s"])
        .run();
    assert_eq!(record.code(), 124);
    let events = &record.events;
    assert_eq!(events.ends()[0].1.why.as_str(), "timeout");
    let exit = events.exit_of(events.process_of("ends_on_signal")).1;
    assert_eq!(exit.code, Some(8), "SIGTERM, which the target may handle");
}

#[test]
fn a_target_that_ignores_sigterm_is_killed_after_the_time_out() {
    if !gate::engine(test_name!()) {
        return;
    }
    let record = trace(program("stubborn"))
        .options(["--timeout", "1s"])
        .run();
    assert_eq!(record.code(), 124);
    let events = &record.events;
    let exit = events.exit_of(events.process_of("stubborn")).1;
    assert_eq!(
        exit.signal.as_ref().map(|name| name.as_str()),
        Some("SIGKILL")
    );
}

#[test]
fn a_pattern_in_the_output_ends_the_recording_with_0() {
    if !gate::engine(test_name!()) {
        return;
    }
    let record = trace(program("ends_on_signal"))
        .options(["--until", "^ready [0-9]+"])
        .run();
    assert_eq!(record.code(), 0, "{}", record.outcome.err());
    assert_eq!(record.events.ends()[0].1.why.as_str(), "pattern");
    assert!(!alive(pid_in(&record.outcome.out())));
}

#[test]
fn ctrl_c_ends_the_target_and_keeps_the_trace() {
    if !gate::engine(test_name!()) {
        return;
    }
    for whole_group in [true, false] {
        let mut running = trace(program("ends_on_signal")).start();
        let pid = pid_in(&running.wait_for("ready"));
        if whole_group {
            running.signal_group(Signal::INT);
        } else {
            running.signal(Signal::INT);
        }
        let record = running.record();
        assert!(!alive(pid));
        assert_eq!(
            record.code(),
            7,
            "the target's own code, whole group: {whole_group}"
        );
        let events = &record.events;
        assert_eq!(
            events.exit_of(events.process_of("ends_on_signal")).1.code,
            Some(7)
        );
        assert_eq!(events.ends()[0].1.why.as_str(), "interrupted");
    }
}

#[test]
fn ctrl_c_on_a_terminal_reaches_the_target_once() {
    if !gate::engine(test_name!()) || !gate::tool(test_name!(), "script", "--version") {
        return;
    }
    let folder = open_folder();
    let path = folder.path().join("run.vgt");
    let inner = format!(
        "exec {} run --quiet -o {} -- {}",
        binary().unwrap().display(),
        path.display(),
        program("ends_on_signal").display()
    );
    // The key is pressed once the target has said that it is ready, however long the start takes.
    let screen = folder.path().join("screen");
    let typed = "(until grep -q ready \"$1\" 2>/dev/null; do sleep 0.1; done; printf '\\003'; sleep 2) \\
                 | script -qefc \"$0\" \"$1\"";
    let outcome = trace("/bin/sh")
        .args(["-c", typed])
        .arg(inner)
        .arg(&screen)
        .bare();
    assert_eq!(
        outcome.shell_code(),
        7,
        "{}{}",
        outcome.out(),
        outcome.err()
    );
    let events = recorded::read(&path).expect("a readable trace");
    let process = events.process_of("ends_on_signal");
    let mut to_target = events.signals();
    to_target.retain(|(_, one)| one.name.as_str() == "SIGINT" && one.to == Some(process));
    assert_eq!(to_target.len(), 1, "{}", events.story(&["signal"]));
}

#[test]
fn a_second_ctrl_c_quits_at_once_with_a_readable_trace() {
    if !gate::engine(test_name!()) {
        return;
    }
    let mut running = trace(program("stubborn"))
        .limit(Duration::from_secs(20))
        .start();
    let pid = pid_in(&running.wait_for("ready"));
    running.signal(Signal::INT);
    std::thread::sleep(Duration::from_millis(300));
    running.signal(Signal::INT);
    let record = running.record();
    assert!(!record.events.execs_of("stubborn").is_empty());
    if let Some(pid) = rustix::process::Pid::from_raw(i32::try_from(pid).unwrap_or(0)) {
        let _ = rustix::process::kill_process(pid, Signal::KILL);
    }
}

#[test]
fn a_sigterm_to_the_recorder_reaches_the_target() {
    if !gate::engine(test_name!()) {
        return;
    }
    let mut running = trace(program("ends_on_signal")).start();
    let pid = pid_in(&running.wait_for("ready"));
    running.signal(Signal::TERM);
    let record = running.record();
    assert_eq!(record.code(), 8);
    assert!(!alive(pid));
}

/// Waits until the file ends with this line, for half a minute at most.
#[track_caller]
fn wait_for_line(file: &Path, line: &str) -> String {
    for _ in 0..3000 {
        let text = std::fs::read_to_string(file).unwrap_or_default();
        if text.ends_with(line) {
            return text;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    panic!(
        "{}: no {line:?}: {:?}",
        file.display(),
        std::fs::read_to_string(file)
    );
}

#[test]
fn a_target_whose_recorder_is_killed_goes_on_and_the_trace_is_readable() {
    if !gate::engine(test_name!()) {
        return;
    }
    for delay in [0, 1, 3, 10, 30, 100, 300, 700] {
        let folder = open_folder();
        let ticks = folder.path().join("ticks");
        let mut running = trace(program("ticker")).arg(&ticks).arg("90").start();
        running.wait_for("ready");
        std::thread::sleep(Duration::from_millis(delay));
        let path = folder.path().join("kept.vgt");
        let trace_path = running.trace_path().to_path_buf();
        running.signal(Signal::KILL);
        // Its folder goes with `running`; a second name keeps the file.
        std::fs::hard_link(&trace_path, &path).unwrap();
        let outcome = running.finish();
        assert_eq!(outcome.shell_code(), 137);
        let text = wait_for_line(&ticks, "done\n");
        assert_eq!(
            text.matches(" good\n").count(),
            90,
            "after {delay} ms: {text}"
        );
        let events = recorded::read(&path).unwrap_or_else(|why| panic!("after {delay} ms: {why}"));
        assert!(events.ends().is_empty(), "it has no orderly end");
        if delay >= 700 {
            assert_eq!(
                events.execs_of("ticker").len(),
                1,
                "what is older than a moment is there"
            );
            assert!(!events.calls("dlopen").is_empty());
        }
    }
}

#[test]
fn children_of_a_target_whose_recorder_is_killed_go_on_too() {
    if !gate::engine(test_name!()) {
        return;
    }
    let folder = open_folder();
    let done = folder.path().join("done");
    let script = "echo ready; \"$0\" \"$1\" >\"$2\"; echo code $? >>\"$2\"";
    let target = trace("/bin/sh")
        .args(["-c", script])
        .arg(program("short_lives"));
    let mut running = target.arg(program("exit_with")).arg(&done).start();
    running.wait_for("ready");
    running.signal(Signal::KILL);
    assert_eq!(running.finish().shell_code(), 137);
    assert_eq!(wait_for_line(&done, "code 0\n"), "wrong 0\ncode 0\n");
}
