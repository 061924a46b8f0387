//! Targets that do too much of something: the recorder keeps up or says what it lost, in bounded memory.

use std::cell::Cell;
use std::collections::BTreeSet;
use std::path::PathBuf;
use std::time::Duration;

use vgputrace::event::Seen;
use vgputrace_tests::chance::rounds;
use vgputrace_tests::libraries::copy;
use vgputrace_tests::programs::program;
use vgputrace_tests::{gate, open_folder, test_name, trace};

use super::{healthy, lost, most_memory, usual_rounds};

/// The ring, the writer's frames and the tables of a recorder fit into this, in KiB.
const ENOUGH: u64 = 200 * 1024;

#[test]
fn ten_thousand_children_are_all_there_or_counted_as_lost() {
    if !gate::engine(test_name!()) {
        return;
    }
    for _ in 0..usual_rounds().div_ceil(3) {
        let record = trace(program("many_children")).arg("10000").run();
        assert_eq!(record.code(), 0, "{}", record.outcome.err());
        assert_eq!(record.outcome.out(), "10000 ended well\n");
        let events = &record.events;
        let forks = events.forks();
        let different: BTreeSet<_> = forks.iter().map(|(_, fork)| fork.child).collect();
        assert_eq!(
            different.len(),
            forks.len(),
            "each child has an id of its own"
        );
        let exits = events.exits().len() as u64;
        assert!(forks.len() as u64 + lost(events) >= 10_000);
        assert!(exits + lost(events) >= 10_001, "{exits} exits");
        if lost(events) == 0 {
            assert_eq!((forks.len(), exits), (10_000, 10_001));
        }
    }
}

#[test]
fn a_megabyte_of_environment_is_cut_and_says_so() {
    if !gate::engine(test_name!()) {
        return;
    }
    let mut target = trace(program("exit_with")).arg("5");
    for number in 0..10 {
        target = target.env(format!("OLLAMA_LONG_{number}"), "x".repeat(110_000));
    }
    for _ in 0..usual_rounds() {
        let record = target.run();
        record.ended_with(5);
        let (_, exec) = record.events.exec_of("exit_with");
        let Seen::Cut(env, whole) = &exec.env else {
            panic!("not marked as cut: {:?}", record.events.story(&["exec"]));
        };
        assert!(*whole > 1_100_000, "{whole}");
        assert!(
            env.iter().all(|one| one.v.as_ref().is_none_or(|value| {
                value.as_str().len() == 110_000 || !one.k.as_str().starts_with("OLLAMA_LONG_")
            })),
            "a variable that was cut is not told as whole"
        );
    }
}

#[test]
fn a_gigabyte_of_output_costs_bounded_memory_and_no_word_of_the_target() {
    if !gate::engine(test_name!()) {
        return;
    }
    let script = "\"$0\" 1024 2>&1 >/dev/null";
    let target = trace("/bin/sh")
        .args(["-c", script])
        .arg(program("writes_gigabytes"));
    let target = target.limit(Duration::from_secs(240));
    let mut running = target.start();
    let most = Cell::new(0);
    running.wait_until("the end of the recorder", |running| {
        let now = most_memory(running.pid());
        most.set(now.max(most.get()));
        (now == 0 && most.get() > 0).then_some(())
    });
    let record = running.record();
    assert_eq!(record.code(), 0, "{}", record.outcome.err());
    assert_eq!(record.outcome.out(), "wrote 1024\n");
    assert!(most.get() < ENOUGH, "{} KiB", most.get());
    let events = &record.events;
    let mut pieces = events.outputs();
    pieces.retain(|(_, output)| output.length == 64 * 1024);
    // A call of 64 KiB has 16 records.
    assert!(
        pieces.len() as u64 + lost(events) >= 16 * 1024,
        "{}",
        pieces.len()
    );
}

#[test]
fn five_thousand_loads_are_all_there_or_counted_as_lost() {
    if !gate::engine(test_name!()) {
        return;
    }
    let folder = open_folder();
    let library = healthy(&folder);
    // With VGPUTRACE_LIBRARIES=5000 each is loaded once.
    let count = rounds("VGPUTRACE_LIBRARIES", 50).clamp(1, 5000);
    let times = 5000 / count;
    let files: Vec<PathBuf> = (0..count)
        .map(|number| {
            let file = folder.path().join(format!("libggml-many-{number}.so"));
            copy(&library, &file);
            file
        })
        .collect();
    for _ in 0..usual_rounds().div_ceil(3) {
        let record = trace(program("many_loads"))
            .arg(times.to_string())
            .args(&files);
        let record = record.limit(Duration::from_secs(240)).run();
        assert_eq!(record.code(), 0, "{}", record.outcome.err());
        let loads_made = times * count;
        assert!(
            record
                .outcome
                .out()
                .ends_with(&format!("{loads_made} good\n"))
        );
        let events = &record.events;
        let loads = events.calls("dlopen").len() as u64;
        assert!(loads + lost(events) >= loads_made, "{loads} loads");
        if lost(events) == 0 {
            assert_eq!(loads, loads_made);
            let told: BTreeSet<&str> = events
                .libraries()
                .iter()
                .map(|(_, library)| library.path.as_str())
                .filter(|path| path.contains("libggml-many-"))
                .collect();
            assert_eq!(told.len() as u64, count, "the facts of each file, once");
        }
    }
}
