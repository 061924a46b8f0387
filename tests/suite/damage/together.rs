//! Twenty recordings at once: each is complete and knows only its own processes.

use vgputrace_tests::{gate, open_folder, test_name};

use super::{bootstrap, healthy, usual_rounds};

const TRACES: usize = 20;
const CHILDREN: u32 = 5;

#[test]
fn twenty_traces_at_once_are_each_complete_and_of_their_own_processes_only() {
    if !gate::engine(test_name!()) {
        return;
    }
    let folder = open_folder();
    let library = healthy(&folder);
    for _ in 0..usual_rounds().div_ceil(3) {
        let running: Vec<_> = (0..TRACES)
            .map(|number| bootstrap(&library, CHILDREN, &format!("word{number}x")).start())
            .collect();
        for (number, running) in running.into_iter().enumerate() {
            let record = running.record();
            record.ended_with(0);
            let own = format!("word{number}x");
            let words = record.outcome.out();
            assert!(words.ends_with("all good\n"), "{words}");
            let events = &record.events;
            let process = events.process_of("damage_bootstrap");
            assert_eq!(events.execs().len(), 1, "{}", events.story(&["exec"]));
            let children = events.children_of(process);
            assert_eq!(children.len(), CHILDREN as usize);
            for child in &children {
                assert_eq!(events.exit_of(*child).1.code, Some(0));
            }
            assert_eq!(events.exits().len(), 1 + CHILDREN as usize);
            let written = events.written(1);
            assert_eq!(written, words, "all words, and no others");
            assert_eq!(written.matches(&own).count(), CHILDREN as usize);
            assert_eq!(events.loader_errors().len(), CHILDREN as usize);
        }
    }
}
