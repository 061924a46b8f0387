//! The pictures in the documents are what the viewer draws, and the first screen of every trace says why.

use std::fs;
use std::path::Path;

use vgputrace::diagnose::{Explanation, Verdict, explain};
use vgputrace::discover::events::Discovery;
use vgputrace::discover::model::At;
use vgputrace::trace::Reader;
use vgputrace::tui::{Palette, picture};
use vgputrace::view::explain::headline;
use vgputrace_tests::{corpus_traces, screens, viewed, workspace};

/// Letters of a sentence that stand on the screen for certain, however long it is.
const BEGIN: usize = 50;

#[test]
fn the_pictures_in_the_documents_are_what_the_viewer_draws() {
    for (name, drawn) in screens::all().expect("the carried traces") {
        let file = workspace().join("docs/screens").join(&name);
        let kept = fs::read_to_string(&file).unwrap_or_default();
        assert!(
            kept == drawn,
            "docs/screens/{name} is old: ./x screens draws it anew"
        );
    }
}

fn explained(trace: &Path) -> Explanation {
    let mut reader = Reader::open(trace).expect("a trace");
    let mut discovery = Discovery::new(reader.header());
    for event in reader.events() {
        discovery.push(&event.expect("an event"));
    }
    explain(&discovery.finish())
}

/// Without blanks and line ends: a sentence is broken where the screen ends.
fn letters(text: &str) -> String {
    text.split_whitespace().collect()
}

/// The sentence of the first backend that was tried and failed, where an event shows its cause.
fn first_cause(explanation: &Explanation) -> Option<&str> {
    let mut failed = explanation.backends.iter();
    let backend = failed.find(|one| one.verdict == Verdict::Failed)?;
    let finding = backend.findings.first()?;
    let mut evidence = finding.evidence.iter();
    let shown = evidence.any(|one| matches!(one.at, At::Event(_)));
    shown.then_some(finding.sentence.as_str())
}

/// A newcomer reads the smallest screen and presses no key.
#[test]
fn the_first_screen_of_every_trace_says_what_it_comes_to_and_the_first_cause() {
    let mut causes = 0;
    for trace in corpus_traces() {
        let explanation = explained(&trace);
        let mut state = viewed::open(&trace).expect("a trace");
        viewed::settle(&mut state);
        let screen = picture::text(&mut state, Palette::Plain, (80, 24));
        let shown = letters(&screen);
        let told = |sentence: &str| {
            let begin: String = letters(sentence).chars().take(BEGIN).collect();
            assert!(
                shown.contains(&begin),
                "{}: {begin}\n{screen}",
                trace.display()
            );
        };
        told(headline(&explanation).last().expect("an answer"));
        if let Some(sentence) = first_cause(&explanation) {
            told(sentence);
            causes += 1;
        }
    }
    assert!(causes >= 15, "only {causes} traces have a cause to tell");
}
