//! A recorder that stands still: the target runs on to its end, and what did not fit is counted.

use rustix::process::Signal;
use vgputrace_tests::libraries::copy;
use vgputrace_tests::programs::program;
use vgputrace_tests::{gate, open_folder, test_name, trace};

use super::{bootstrap, healthy, lost, usual_rounds};

#[test]
fn a_target_finishes_while_its_recorder_is_stopped() {
    if !gate::engine(test_name!()) {
        return;
    }
    let folder = open_folder();
    let library = healthy(&folder);
    for _ in 0..usual_rounds() {
        let mut running = bootstrap(&library, 20, "kept").start();
        running.wait_for("begin");
        running.signal(Signal::STOP);
        let words = running.wait_for("all good\n");
        assert_eq!(words.matches(" good\n").count(), 20 + 1, "{words}");
        std::thread::sleep(std::time::Duration::from_secs(1));
        running.signal(Signal::CONT);
        let record = running.record();
        assert_eq!(record.code(), 0, "{}", record.outcome.err());
        let events = &record.events;
        assert_eq!(events.ends().len(), 1, "an orderly end");
        let told = events.forks().len() as u64 + lost(events);
        assert!(told >= 20, "{told} forks and losses");
    }
}

#[test]
fn what_a_stopped_recorder_misses_is_counted() {
    if !gate::engine(test_name!()) {
        return;
    }
    let folder = open_folder();
    let library = healthy(&folder);
    let other = folder.path().join("libggml-other.so");
    copy(&library, &other);
    for _ in 0..usual_rounds() {
        let target = trace(program("many_loads"))
            .arg("6000")
            .arg(&library)
            .arg(&other);
        let mut running = target.start();
        running.wait_for("ready");
        running.signal(Signal::STOP);
        running.wait_for("12000 good\n");
        running.signal(Signal::CONT);
        let record = running.record();
        assert_eq!(record.code(), 0, "{}", record.outcome.err());
        let events = &record.events;
        assert_eq!(events.ends().len(), 1, "an orderly end");
        let loads = events.calls("dlopen").len() as u64;
        // Each load has a dozen records; a missing one is one of those that were counted.
        assert!(loads <= 12_000);
        assert!(
            loads + lost(events) >= 12_000,
            "{loads} loads, {} records lost",
            lost(events)
        );
        assert_eq!(events.ends()[0].1.lost, lost(events), "the end agrees");
    }
}
