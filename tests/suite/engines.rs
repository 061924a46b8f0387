//! The ptrace engine where it differs from the other on purpose: no rights, a target that ends with it, stops that nobody
//! else may notice.

use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

use rustix::process::Signal;
use vgputrace_tests::parity::alone;
use vgputrace_tests::programs::program;
use vgputrace_tests::target::AS_NOBODY;
use vgputrace_tests::{Recorded, Target, gate, open_folder, test_name, trace};

const PTRACE: [&str; 2] = ["--engine", "ptrace"];

/// The header's words about the engine: its name, and why it is used.
fn engine(record: &Recorded) -> (String, Option<String>) {
    let bytes = record.plain_bytes();
    let first = bytes.split(|byte| *byte == b'\n').next().expect("a line");
    let header: vgputrace::event::host::Header = serde_json::from_slice(first).expect("a header");
    let why = header.engine_why.map(|why| why.as_str().to_owned());
    (header.engine.as_str().to_owned(), why)
}

/// The recorder run by a user without any right, and a file that he may write.
fn as_nobody(target: Target) -> (Target, tempfile::TempDir, PathBuf) {
    let folder = open_folder();
    let open = std::fs::Permissions::from_mode(0o777);
    std::fs::set_permissions(folder.path(), open).expect("an open folder");
    let file = folder.path().join("run.vgt");
    (target.recorder_under(AS_NOBODY).output(&file), folder, file)
}

#[test]
fn a_user_without_rights_gets_a_trace_by_ptrace_and_the_reason() {
    let test = test_name!();
    if !gate::root(test) || !gate::tool(test, "setpriv", "--version") {
        return;
    }
    let target = trace("/bin/sh").args(["-c", "/bin/ls /root; exit 6"]);
    let (target, _folder, _) = as_nobody(target.options(["--engine", "auto"]));
    let record = target.run();
    assert_eq!(record.code(), 6);
    let (name, why) = engine(&record);
    assert_eq!(name, "ptrace");
    assert!(why.is_some_and(|why| why.contains("does not let this process trace")));
    let told = record.outcome.err();
    let line = told.lines().find(|line| line.starts_with("vgputrace: "));
    let line = line.unwrap_or_else(|| panic!("no word about the engine: {told}"));
    for part in [
        "with ptrace instead of eBPF (",
        "no_new_privs",
        "ends when the recorder does",
    ] {
        assert!(line.contains(part), "{part}: {line}");
    }
    assert!(!line.contains("os error"), "{line}");
    let (_, exec) = record.events.exec_of("ls");
    assert_eq!(exec.uid, [65534; 2]);
    let opens = record.events.opens();
    assert!(opens.iter().any(|(_, open)| open.err.is_some()));
}

#[test]
fn ptrace_that_was_asked_for_is_not_called_a_makeshift() {
    if !gate::engine(test_name!()) {
        return;
    }
    let record = trace("/bin/true").options(PTRACE).talkative().run();
    let told = record.outcome.err();
    assert!(told.contains("recording with ptrace, as asked: "), "{told}");
    assert!(!told.contains("instead of eBPF"), "{told}");
}

#[test]
fn the_other_engine_says_what_it_lacks_where_it_is_asked_for() {
    let test = test_name!();
    if !gate::root(test) || !gate::tool(test, "setpriv", "--version") {
        return;
    }
    let (target, _folder, file) = as_nobody(trace("/bin/true").options(["--engine", "ebpf"]));
    let outcome = target.start().finish();
    assert_eq!(outcome.shell_code(), 125, "{}", outcome.err());
    assert!(outcome.err().contains("CAP_BPF"), "{}", outcome.err());
    assert!(!file.exists());
}

#[test]
fn a_stopped_target_stays_stopped_until_it_is_continued() {
    if !gate::engine(test_name!()) {
        return;
    }
    let folder = open_folder();
    let ticks = folder.path().join("ticks");
    let target = trace(program("ticker")).arg(&ticks).arg("40");
    let mut running = target.options(PTRACE).start();
    let children = |pid: u32| {
        let text = std::fs::read_to_string(format!("/proc/{pid}/task/{pid}/children"));
        text.unwrap_or_default()
    };
    let pid: i32 = running.wait_until("the target", |running| {
        let text = children(running.pid());
        text.split_whitespace().next()?.parse().ok()
    });
    let pid = rustix::process::Pid::from_raw(pid).unwrap();
    let count = || std::fs::metadata(&ticks).map_or(0, |facts| facts.len());
    running.wait_until("ticks", |_| (count() > 0).then_some(()));
    rustix::process::kill_process(pid, Signal::STOP).unwrap();
    // It may be in the middle of one.
    let mut last = count();
    let quiet = std::time::Duration::from_millis(300);
    running.wait_until("silence", |_| {
        let before = count();
        std::thread::sleep(quiet);
        (count() == before).then_some(())
    });
    last = last.max(count());
    std::thread::sleep(quiet);
    assert_eq!(count(), last, "it goes on although it was stopped");
    rustix::process::kill_process(pid, Signal::CONT).unwrap();
    let record = running.record();
    // Probes of the other engine, on the same C library at the same time, can cost breakpoints; that is told as loss.
    assert_eq!(record.code(), 0, "{}", record.outcome.err());
    assert!(count() > last);
}

#[test]
fn the_target_ends_when_its_recorder_is_killed_and_the_trace_is_readable() {
    if !gate::engine(test_name!()) {
        return;
    }
    let mut running = trace(program("sleeps")).options(PTRACE).start();
    let pid: u32 = running.wait_until("the target", |running| {
        let pid = running.pid();
        let text = std::fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).ok()?;
        text.split_whitespace().next()?.parse().ok()
    });
    let path = running.trace_path().to_owned();
    running.wait_until("an open in the trace", |_| {
        let events = vgputrace_tests::recorded::read(&path).ok()?;
        (!events.opens().is_empty()).then_some(())
    });
    running.signal(Signal::KILL);
    running.wait_until("its end", |_| {
        let gone = !std::path::Path::new(&format!("/proc/{pid}")).exists();
        let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
        (gone || status.contains("State:\tZ")).then_some(())
    });
    let record = running.record();
    assert!(!record.events.opens().is_empty());
}

/// A process that dies while it makes a thread or a child has makers that stop no more and children that nobody has told of.
#[test]
fn processes_that_end_while_they_make_others_end_as_they_would_and_every_child_is_told() {
    if !gate::root(test_name!()) {
        return;
    }
    const ROUNDS: usize = 20;
    for engine in ["ebpf", "ptrace"] {
        let record = alone(
            &trace(program("ends_making")).arg(ROUNDS.to_string()),
            engine,
        );
        record.ended_with(0);
        let said = record.outcome.out();
        let wanted = format!("{ROUNDS} by exit, {ROUNDS} by SIGKILL, {ROUNDS} by another image\n");
        assert_eq!(said, wanted, "{engine}");
        let events = &record.events;
        assert_eq!(events.losses().len(), 0, "{engine}");
        let first = events.execs_of("ends_making")[0]
            .0
            .process
            .expect("a process");
        assert_eq!(events.children_of(first).len(), 3 * ROUNDS, "{engine}");
        let (forks, exits) = (events.forks().len(), events.exits().len());
        assert_eq!(forks + 1, exits, "{engine}: all that began have ended");
    }
}
