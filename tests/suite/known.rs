//! What is known already stays right: the recordings and logs of the corpus, models too, have the cause that an expert gave them.
//! The layouts, the rest of `./x accuracy`, are judged where they are recorded.

use std::process::Command;

use vgputrace_tests::accuracy::{Case, corpus, real_logs, reports};
use vgputrace_tests::layouts::facts::verdicts::Outcome;
use vgputrace_tests::{binary, workspace};

#[track_caller]
fn right(cases: Result<Vec<Case>, String>, least: usize) {
    let cases = cases.expect("the corpus");
    assert!(cases.len() >= least, "only {} cases", cases.len());
    let others = cases.iter().filter(|case| case.outcome != Outcome::Right);
    let others: Vec<String> = others
        .map(|case| format!("{:?}: {}\n  {}", case.outcome, case.name, case.said))
        .collect();
    assert!(others.is_empty(), "{}", others.join("\n"));
}

#[test]
fn recordings_have_their_cause() {
    right(corpus(), 30);
}

#[test]
fn logs_of_real_servers_have_their_cause() {
    right(real_logs(), 60);
}

#[test]
fn logs_written_after_reports_have_their_cause() {
    right(reports(), 80);
}

/// The number of the event in front of a line of the story: `    #12 text`.
fn event_of(line: &str) -> Option<u64> {
    let number = line.strip_prefix("    #")?.split(' ').next()?;
    number.parse().ok()
}

#[test]
fn the_story_of_every_recording_is_in_order_and_a_model_is_not_called_mute() {
    let binary = binary().expect("the program is built");
    let folder = workspace().join("tests/corpus/traces");
    let mut told = 0;
    for entry in std::fs::read_dir(folder).unwrap().flatten() {
        let path = entry.path();
        if path.extension().is_none_or(|end| end != "vgt") {
            continue;
        }
        let explained = Command::new(&binary)
            .args(["explain", "--verbose"])
            .arg(&path)
            .output()
            .unwrap();
        let text = String::from_utf8(explained.stdout).unwrap();
        let (_, story) = text.split_once("the story, in order").expect("a story");
        let events: Vec<u64> = story.lines().filter_map(event_of).collect();
        assert!(events.is_sorted(), "{}: {events:?}", path.display());
        told += events.len();
        let mut who = "";
        for line in story.lines() {
            who = if line.starts_with(' ') { who } else { line };
            let mute =
                line.contains("before it had answered") || line.contains("answered: no device");
            assert!(
                !(mute && who.starts_with("model[")),
                "{}: {line}",
                path.display()
            );
        }
    }
    assert!(told > 300, "{told} events are told");
}
