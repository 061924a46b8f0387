//! Screens and keys over a made recording: opening, lists, playing, the timeline; the others stand by subject.

use ratatui::Terminal;
use ratatui::backend::TestBackend;

mod input;
mod kept;
mod keyboard;
mod lists;
mod overview;
mod palettes;
mod prompt;
mod random;
mod reading;
mod so_far;
mod until_now;

use super::draw::draw;
use super::{Action, FrameFacts, Page, Palette, Recording, State, Typed, View};
use crate::diagnose::{BackendVerdict, Certainty, Explanation, Finding, Verdict};
use crate::discover::Model;
use crate::discover::model::Evidence;
use crate::event::host::Header;
use crate::event::{Event, Seq, Text};
use crate::view::Looks;
use crate::view::samples::bootstrap;

/// Events in frames of a few.
pub(super) struct Made {
    frames: Vec<Vec<Event>>,
    header: Header,
    damaged: bool,
    grows: bool,
}

impl Made {
    pub(super) fn new(size: usize) -> Self {
        let (header, events) = (bootstrap::header(), bootstrap::events());
        Self {
            frames: events.chunks(size).map(<[Event]>::to_vec).collect(),
            header,
            damaged: false,
            grows: false,
        }
    }
}

impl Recording for Made {
    fn name(&self) -> String {
        "made.vgt".to_owned()
    }

    fn header(&self) -> Option<&Header> {
        Some(&self.header)
    }

    fn frames(&mut self) -> Result<Vec<FrameFacts>, String> {
        let facts = self.frames.iter().map(|frame| FrameFacts {
            events: frame.len() as u64,
            to: frame.iter().map(|event| event.time).max().unwrap_or(0),
        });
        Ok(facts.collect())
    }

    fn page(&mut self, frame: usize) -> Result<Page, String> {
        let events = self.frames.get(frame).cloned().ok_or("no such frame")?;
        let texts: Vec<String> = events
            .iter()
            .map(|event| format!("{{\"n\":{}}}", event.seq.0))
            .collect();
        let lines = texts.iter().enumerate();
        let lines = lines.map(|(at, text)| (at, 0..text.len())).collect();
        Ok(Page {
            events,
            texts,
            lines,
        })
    }

    fn warnings(&self) -> Vec<String> {
        Vec::new()
    }

    fn is_damaged(&self) -> bool {
        self.damaged
    }

    fn grows(&self) -> bool {
        self.grows
    }
}

/// The cause is at event 4, whatever the model says.
fn explain(_: &Model) -> Explanation {
    Explanation {
        version: Some(Text::from("0.16.3")),
        library_dir: Text::from("/usr/lib/ollama"),
        backends: vec![BackendVerdict {
            name: Text::from("cuda_v12"),
            dir: Text::from("/usr/lib/ollama/cuda_v12"),
            verdict: Verdict::Failed,
            findings: vec![Finding {
                rule: "VG001",
                stage: "load",
                sentence: "the hostile \u{1b}[2J library is missing".to_owned(),
                missing_object: None,
                missing: Vec::new(),
                certainty: Certainty::Certain,
                evidence: vec![Evidence::event(Seq(4), "here")],
                remedy: vec!["$ install it".to_owned()],
            }],
            warnings: Vec::new(),
            to_settle: Vec::new(),
        }],
        ..Explanation::default()
    }
}

fn state(size: usize) -> State {
    let looks = Looks {
        colour: false,
        unicode: true,
    };
    State::new(Box::new(Made::new(size)), looks, explain)
}

#[test]
fn what_a_damaged_recording_does_not_have_proves_nothing() {
    for damaged in [false, true] {
        let mut made = Made::new(7);
        made.damaged = damaged;
        let looks = Looks {
            colour: false,
            unicode: true,
        };
        let mut state = State::new(Box::new(made), looks, explain);
        settle(&mut state);
        let model = state.model();
        assert_eq!(model.blind.damaged, damaged);
        assert_eq!(model.blind.is_clear(), !damaged);
    }
}

/// Reads everything, as the loop does between keys.
fn settle(state: &mut State) {
    for _ in 0..10_000 {
        if !state.work() {
            return;
        }
    }
    panic!("the reading does not come to an end");
}

fn screen(state: &mut State, width: u16, height: u16) -> String {
    let mut terminal = Terminal::new(TestBackend::new(width, height)).expect("a terminal");
    terminal
        .draw(|frame| draw(state, Palette::Plain, frame))
        .expect("a screen");
    terminal.backend().to_string()
}

#[test]
fn it_opens_on_the_first_cause_and_says_it() {
    let mut state = state(7);
    settle(&mut state);
    assert_eq!(state.head, 3);
    let shown = screen(&mut state, 100, 30);
    assert!(shown.contains("cuda_v12: failed: the hostile"), "{shown}");
    assert!(
        !shown.contains('\u{1b}'),
        "a control byte reached the screen"
    );
    assert!(shown.contains("[3 Events]"), "{shown}");
}

#[test]
fn the_same_rows_are_shown_whatever_the_size_of_frames() {
    let mut screens = Vec::new();
    for size in [1, 3, 1_000] {
        let mut state = state(size);
        settle(&mut state);
        state.act(Action::Last);
        screens.push(screen(&mut state, 120, 40));
    }
    assert_eq!(screens[0], screens[1]);
    assert_eq!(screens[1], screens[2]);
}

#[test]
fn failures_are_visited_in_order_and_the_end_is_told() {
    let mut state = state(5);
    settle(&mut state);
    state.act(Action::First);
    let mut visited = Vec::new();
    for _ in 0..1_000 {
        state.act(Action::NextFailure);
        if !state.message.is_empty() {
            break;
        }
        visited.push(state.head);
    }
    assert_eq!(visited, state.digest.failures);
    assert!(!visited.is_empty());
}

#[test]
fn playing_comes_to_the_end_and_stops() {
    let mut state = state(5);
    settle(&mut state);
    state.act(Action::First);
    state.act(Action::Play);
    let mut heads = vec![state.head];
    for _ in 0..100_000 {
        state.pass(33_000_000);
        heads.push(state.head);
        if !state.play.playing {
            break;
        }
    }
    assert!(heads.windows(2).all(|pair| pair[0] <= pair[1]));
    assert_eq!(state.head, state.book.total() - 1);
    assert!(!state.play.playing);
    assert_eq!(
        state.book.trouble, None,
        "nothing is asked for behind the end"
    );
}

#[test]
fn a_click_into_silence_goes_to_what_had_happened_by_then() {
    let mut made = Made::new(5);
    // The last two events come long after the others.
    let late = made.frames.iter_mut().flatten().rev().take(2);
    late.for_each(|event| event.time += 1_000_000_000);
    let looks = Looks {
        colour: false,
        unicode: true,
    };
    let mut state = State::new(Box::new(made), looks, explain);
    settle(&mut state);
    state.act(Action::Show(View::Timeline));
    let _ = screen(&mut state, 120, 30);
    state.act(Action::Click { row: 3, column: 70 });
    assert_eq!(state.head, state.book.total() - 3);
    state.act(Action::Click { row: 3, column: 28 });
    assert_eq!(state.head, 0, "the first column has the first event");
}

#[test]
fn every_view_can_be_drawn_on_every_size() {
    let mut state = state(9);
    settle(&mut state);
    for view in View::ALL {
        state.act(Action::Show(view));
        for (width, height) in [(1, 1), (20, 5), (80, 24), (300, 100)] {
            let _ = screen(&mut state, width, height);
        }
    }
}

#[test]
fn the_timeline_shows_loads_failures_and_only_what_has_happened() {
    let mut state = state(5);
    settle(&mut state);
    state.act(Action::Show(View::Timeline));
    state.act(Action::Last);
    let whole = screen(&mut state, 120, 30);
    assert!(whole.contains('▄') || whole.contains('█'), "{whole}");
    assert!(whole.contains('✗'), "{whole}");
    state.act(Action::First);
    let nothing = screen(&mut state, 120, 30);
    let lanes = |screen: &str| -> String { screen.lines().skip(2).take(22).collect() };
    assert!(!lanes(&nothing).contains('✗'), "{nothing}");
    // A click goes to the moment of its column.
    state.act(Action::Click {
        row: 3,
        column: 119,
    });
    let late = state.head;
    state.act(Action::Click { row: 3, column: 28 });
    assert!(state.head < late);
}

fn type_in(state: &mut State, text: &str) {
    for character in text.chars() {
        state.type_key(Typed::Character(character));
    }
}
