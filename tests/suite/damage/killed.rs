//! kill -9 of the recorder at any moment: the target does not notice, the trace can be read, nothing stays attached.

use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::sleep;
use std::time::Duration;

use rustix::process::Signal;
use vgputrace_tests::attached::{no_process_is_left, nothing_is_left_behind};
use vgputrace_tests::chance::{Chance, rounds};
use vgputrace_tests::programs::program;
use vgputrace_tests::{binary, gate, open_folder, recorded, test_name, trace};

use super::{bootstrap, healthy};

/// Recorders at once: the machine is busy, as it is in the field.
const LANES: u64 = 4;
const CHILDREN: u32 = 12;

/// Runs `round` for each number, several at a time.
fn in_lanes(count: u64, round: impl Fn(u64) + Sync) {
    let next = AtomicU64::new(0);
    std::thread::scope(|scope| {
        for _ in 0..LANES {
            scope.spawn(|| {
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    if number >= count {
                        break;
                    }
                    round(number);
                }
            });
        }
    });
}

/// The whole trace can be read, as text too; the only complaint is about the end that is missing.
#[track_caller]
pub(super) fn readable_but_for_its_end(path: &Path, when: &str) -> vgputrace_tests::Events {
    let binary = binary().expect("the gate has looked");
    let shown = Command::new(binary).arg("show").arg(path).output();
    let shown = shown.expect("show starts");
    let words = String::from_utf8_lossy(&shown.stderr).into_owned();
    assert!(shown.status.success(), "{when}: {words}");
    let events = recorded::read(path).unwrap_or_else(|why| panic!("{when}: {why}"));
    let of_the_end = |line: &str| {
        ["end", "cut", "tear", "torn"]
            .iter()
            .any(|word| line.contains(word))
    };
    let others: Vec<&str> = words.lines().filter(|line| !of_the_end(line)).collect();
    assert!(others.is_empty(), "{when}: {others:?}");
    let ordered = events.0.windows(2).all(|two| two[0].seq < two[1].seq);
    assert!(ordered, "{when}: numbers rise");
    events
}

#[test]
fn a_recorder_killed_during_a_bootstrap_harms_neither_target_nor_trace() {
    if !gate::engine(test_name!()) {
        return;
    }
    let folder = open_folder();
    let library = healthy(&folder);
    in_lanes(rounds("VGPUTRACE_KILLS", 50).div_ceil(2), |round| {
        let delay = Chance::new(round).below(300);
        let when = format!("round {round}, killed {delay} ms after the target began");
        let path = folder.path().join(format!("during-{round}.vgt"));
        let target = bootstrap(&library, CHILDREN, "kept").output(&path);
        let mut running = target.start();
        running.wait_for("begin");
        sleep(Duration::from_millis(delay));
        running.signal(Signal::KILL);
        let words = running.wait_for(" good\nall good\n");
        assert_eq!(
            words.matches("kept child").count(),
            CHILDREN as usize,
            "{when}: {words}"
        );
        let outcome = running.finish();
        // It may have been through before the signal.
        if outcome.shell_code() == 137 {
            readable_but_for_its_end(&path, &when);
        }
    });
    nothing_is_left_behind();
}

#[test]
fn a_recorder_killed_at_any_moment_leaves_no_process_that_waits_for_it() {
    if !gate::engine(test_name!()) {
        return;
    }
    let folder = open_folder();
    let library = healthy(&folder);
    in_lanes(rounds("VGPUTRACE_KILLS", 50) / 2, |round| {
        let delay = Chance::new(round ^ 0x1000).below(1500);
        let when = format!("round {round}, killed {delay} ms after its start");
        let path = folder.path().join(format!("any-{round}.vgt"));
        let mark = format!("{}-{round}", std::process::id());
        let target = bootstrap(&library, CHILDREN, "kept")
            .env("VGPUTRACE_MARK", &mark)
            .output(&path);
        let running = target.start();
        sleep(Duration::from_millis(delay));
        running.signal(Signal::KILL);
        let stdout_of = running.finish();
        no_process_is_left(&format!("VGPUTRACE_MARK={mark}"));
        let words = stdout_of.out();
        if words.contains("all good") && stdout_of.shell_code() == 0 {
            return;
        }
        // Killed before its header was written: there is no file, or one without a byte.
        let size = std::fs::metadata(&path).map_or(0, |facts| facts.len());
        if size > 0 {
            readable_but_for_its_end(&path, &when);
        }
    });
    nothing_is_left_behind();
}

#[test]
fn what_is_older_than_a_moment_is_in_the_trace_of_a_killed_recorder() {
    if !gate::engine(test_name!()) {
        return;
    }
    let folder = open_folder();
    let ticks = folder.path().join("ticks");
    let path = folder.path().join("run.vgt");
    let target = trace(program("ticker"))
        .arg(&ticks)
        .arg("150")
        .output(&path);
    let mut running = target.start();
    running.wait_for("ready");
    let seen = running.wait_until("a hundred ticks", |_| {
        let text = std::fs::read_to_string(&ticks).unwrap_or_default();
        let count = text.matches(" good\n").count();
        (count >= 100).then_some(count)
    });
    running.signal(Signal::KILL);
    running.wait_until("its end", |_| {
        let text = std::fs::read_to_string(&ticks).unwrap_or_default();
        text.ends_with("done\n").then_some(())
    });
    assert_eq!(running.finish().shell_code(), 137);
    let events = readable_but_for_its_end(&path, "after a hundred ticks");
    assert!(events.ends().is_empty(), "it has no orderly end");
    // A tick takes 10 ms or more and the writer flushes every 250 ms; half a second is a generous moment.
    let kept = events.calls("dlopen").len();
    assert!(kept + 50 >= seen, "{kept} of {seen} loads are in the trace");
}
