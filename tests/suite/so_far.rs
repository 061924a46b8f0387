//! What the viewer says of backends at the play head, over every recording of the corpus: what was known by then.

use std::path::Path;

use vgputrace::diagnose::{Explanation, Verdict, explain};
use vgputrace::discover::events::Discovery;
use vgputrace::event::{Event, Kind};
use vgputrace::trace::Reader;
use vgputrace::tui::{Action, Palette, State, Typed, View, picture};
use vgputrace::view::explain::{headline, is_aside};
use vgputrace_tests::{corpus_traces, viewed, workspace};

/// Room for the whole page.
const TALL: (u16, u16) = (160, 160);
/// Places that are looked at in each recording.
const PLACES: usize = 10;
/// What stands for a verdict that is not there yet.
const OPEN: [&str; 2] = ["at work", "not yet"];

fn read(trace: &Path) -> (Vec<Event>, Explanation) {
    let mut reader = Reader::open(trace).expect("a trace");
    let mut discovery = Discovery::new(reader.header());
    let mut events = Vec::new();
    for event in reader.events() {
        let event = event.expect("an event");
        discovery.push(&event);
        events.push(event);
    }
    (events, explain(&discovery.finish()))
}

/// The viewer with the overview on its screen, all read.
fn opened(trace: &Path) -> State {
    let mut state = viewed::open(trace).expect("a trace");
    viewed::settle(&mut state);
    state.act(Action::Show(View::Overview));
    state
}

/// The overview with the play head on the event of this number.
fn at(state: &mut State, number: usize) -> String {
    state.act(Action::Jump);
    for character in number.to_string().chars() {
        state.type_key(Typed::Character(character));
    }
    state.type_key(Typed::Enter);
    // What is far is asked for by the first drawing.
    let _ = picture::text(state, Palette::Plain, TALL);
    viewed::settle(state);
    let page = picture::text(state, Palette::Plain, TALL);
    assert!(!page.contains("working out"), "{page}");
    page
}

/// The verdict in the row of a backend.
fn verdict<'a>(page: &'a str, backend: &str) -> Option<&'a str> {
    let row = page.lines().find_map(|line| {
        let rest = line.strip_prefix("  ")?.split_once(' ')?.1;
        rest.strip_prefix(backend)?.strip_prefix(' ')
    })?;
    let row = row.trim_start();
    let two = OPEN.into_iter().find(|words| row.starts_with(words));
    two.or_else(|| row.split(' ').next())
}

#[test]
fn at_the_last_event_the_overview_says_what_explain_says() {
    for trace in corpus_traces() {
        let (events, explanation) = read(&trace);
        let mut state = opened(&trace);
        let page = at(&mut state, events.len());
        for backend in explanation.backends.iter().filter(|one| !is_aside(one)) {
            assert_eq!(
                verdict(&page, backend.name.as_str()),
                Some(backend.verdict.name()),
                "{}: {page}",
                trace.display()
            );
            if let Some(finding) = backend.findings.first() {
                let begin: String = finding.sentence.chars().take(60).collect();
                assert!(page.contains(&begin), "{}: {page}", trace.display());
            }
        }
        for sentence in headline(&explanation) {
            let begin: String = sentence.chars().take(60).collect();
            assert!(page.contains(&begin), "{}: {page}", trace.display());
        }
    }
}

/// A film that shows a verdict and takes it back would have told a wrong one.
#[test]
fn no_verdict_is_told_before_it_is_known_and_none_is_taken_back() {
    for trace in corpus_traces() {
        let (events, explanation) = read(&trace);
        let mut state = opened(&trace);
        for place in 0..PLACES {
            let number = 1 + place * (events.len() - 1) / PLACES;
            let page = at(&mut state, number);
            for backend in &explanation.backends {
                let said = verdict(&page, backend.name.as_str());
                let fits =
                    said.is_none_or(|said| OPEN.contains(&said) || said == backend.verdict.name());
                assert!(fits, "{} at {number}: {page}", trace.display());
            }
            let over = events.iter().take(number).any(|event| {
                matches!(&event.kind, Kind::Output(output)
                    if output.text.value().is_some_and(|text| text.as_str().contains("inference compute")))
            });
            let tells = headline(&explanation)
                .last()
                .is_some_and(|last| page.contains(last.as_str()));
            assert!(over || !tells, "{} at {number}: {page}", trace.display());
        }
    }
}

#[test]
fn a_backend_fails_with_the_load_that_fails_and_not_before() {
    for name in ["runner-undefined-symbol", "llama-server-no-driver"] {
        let trace = workspace().join(format!("tests/corpus/traces/{name}.vgt"));
        let (events, explanation) = read(&trace);
        let mut failed = explanation.backends.iter();
        let failed = failed.find(|one| one.verdict == Verdict::Failed);
        let backend = failed.expect("one that failed").name.as_str();
        let back = events.iter().position(|event| {
            matches!(&event.kind, Kind::Return(back) if back.failed && back.function.as_str() == "dlopen")
        });
        let number = back.expect("a dlopen that fails") + 1;
        let mut state = opened(&trace);
        let before = at(&mut state, number - 1);
        assert_eq!(verdict(&before, backend), Some("at work"), "{before}");
        let after = at(&mut state, number);
        assert_eq!(verdict(&after, backend), Some("failed"), "{after}");
        assert!(after.contains("is looking for devices"), "{after}");
        // And back again.
        let again = at(&mut state, number - 1);
        assert_eq!(again, before);
    }
}

#[test]
fn no_recording_that_ends_too_early_calls_the_cpu_the_right_answer() {
    let mut told = 0;
    for trace in corpus_traces() {
        let mut reader = Reader::open(&trace).expect("a trace");
        let mut discovery = Discovery::new(reader.header());
        let events: Vec<Event> = reader
            .events()
            .map(|event| event.expect("an event"))
            .collect();
        for (number, event) in events.iter().enumerate() {
            if number % (events.len() / PLACES + 1) == 0 {
                let explanation = explain(&discovery.finish());
                let right = headline(&explanation)
                    .iter()
                    .chain(explanation.general.iter().map(|finding| &finding.sentence))
                    .any(|sentence| sentence.contains("right answer"));
                assert!(
                    !right || explanation.finished,
                    "{} at {number}",
                    trace.display()
                );
                told += usize::from(!explanation.finished);
            }
            discovery.push(event);
        }
    }
    assert!(told > 50, "only {told} places are in the middle");
}
