//! Screens and keys over a made recording; random keys must never panic.

use proptest::prelude::*;
use ratatui::Terminal;
use ratatui::backend::TestBackend;

mod keyboard;
mod palettes;
mod reading;

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
}

impl Made {
    pub(super) fn new(size: usize) -> Self {
        let (header, events) = (bootstrap::header(), bootstrap::events());
        Self {
            frames: events.chunks(size).map(<[Event]>::to_vec).collect(),
            header,
            damaged: false,
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
        false
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
fn a_filter_shows_what_matches_and_esc_leaves_it() {
    let mut state = state(5);
    settle(&mut state);
    let all = state.rows();
    state.act(Action::Filter);
    for character in "kind:exec".chars() {
        state.type_key(Typed::Character(character));
    }
    state.type_key(Typed::Enter);
    settle(&mut state);
    let some = state.rows();
    assert!(some > 0 && some < all, "{some} of {all}");
    state.act(Action::Back);
    assert_eq!(state.rows(), all);
}

#[test]
fn a_wrong_filter_is_told_in_place_and_changes_nothing() {
    let mut state = state(5);
    settle(&mut state);
    let all = state.rows();
    state.act(Action::Filter);
    for character in "kind:(".chars() {
        state.type_key(Typed::Character(character));
    }
    state.type_key(Typed::Enter);
    assert!(state.is_typing());
    assert!(
        state
            .prompt
            .as_ref()
            .is_some_and(|prompt| prompt.wrong.is_some())
    );
    assert_eq!(state.rows(), all);
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

fn type_in(state: &mut State, text: &str) {
    for character in text.chars() {
        state.type_key(Typed::Character(character));
    }
}

#[test]
fn names_are_completed_in_the_filter_line() {
    let mut state = state(5);
    settle(&mut state);
    state.act(Action::Filter);
    type_in(&mut state, "ki");
    state.type_key(Typed::Complete);
    type_in(&mut state, "dlo");
    state.type_key(Typed::Complete);
    let typed = |state: &State| state.prompt.as_ref().map(|prompt| prompt.text.clone());
    assert_eq!(typed(&state).as_deref(), Some("kind:dlopen "));
    type_in(&mut state, "name:o");
    state.type_key(Typed::Complete);
    assert_eq!(typed(&state).as_deref(), Some("kind:dlopen name:ollama "));
    type_in(&mut state, "kind:ex");
    state.type_key(Typed::Complete);
    let offers = state.prompt.as_ref().map(|prompt| prompt.offers.clone());
    let offers = offers.expect("a prompt");
    assert!(offers.contains(&"exec".to_owned()), "{offers:?}");
    assert!(screen(&mut state, 120, 24).contains("exec_failed"));
}

#[test]
fn the_wrong_part_of_a_filter_is_marked_where_it_stands() {
    use ratatui::style::Modifier;
    let mut state = state(5);
    settle(&mut state);
    state.act(Action::Filter);
    type_in(&mut state, "failed kind:opne");
    state.type_key(Typed::Enter);
    let mut terminal = Terminal::new(TestBackend::new(100, 24)).expect("a terminal");
    let drawn = terminal.draw(|frame| draw(&mut state, Palette::Sixteen, frame));
    let buffer = drawn.expect("a screen").buffer.clone();
    let marked: String = (0..100)
        .filter_map(|column| buffer.cell((column, 23)))
        .take_while(|cell| cell.symbol() != "_")
        .filter(|cell| {
            cell.fg == ratatui::style::Color::Red && cell.modifier.contains(Modifier::BOLD)
        })
        .map(ratatui::buffer::Cell::symbol)
        .collect();
    assert_eq!(marked, "opne");
    state.type_key(Typed::EraseWord);
    type_in(&mut state, "kind:open");
    assert!(
        state
            .prompt
            .as_ref()
            .is_some_and(|prompt| prompt.wrong.is_none())
    );
}

#[test]
fn the_explanation_is_written_and_a_refusal_is_told_in_place() {
    let mut state = state(5);
    settle(&mut state);
    state.act(Action::Write);
    state.type_key(Typed::Enter);
    let request = state.request().expect("a file is asked for");
    assert_eq!(request.path.to_str(), Some("made.explained.txt"));
    assert!(
        request.text.contains("library is missing"),
        "{}",
        request.text
    );
    assert!(!request.text.contains('\u{1b}'));
    state.written(
        &request.path,
        Err("there is such a file already".to_owned()),
    );
    assert!(screen(&mut state, 120, 24).contains("there is such a file already"));
    state.type_key(Typed::EraseWord);
    type_in(&mut state, "x.md");
    state.type_key(Typed::Enter);
    let request = state.request().expect("a file is asked for");
    assert!(request.text.contains("### Ollama"), "{}", request.text);
    state.written(&request.path, Ok(()));
    assert!(!state.is_typing());
    assert!(screen(&mut state, 120, 24).contains("x.md"));
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
    state.act(Action::Click { row: 3, column: 24 });
    assert!(state.head < late);
}

#[test]
fn what_is_known_from_before_is_shown_at_once_and_read_again() {
    // One event a frame makes the recording a long one.
    let mut first = state(1);
    assert!(!first.is_worth_keeping(), "nothing was read yet");
    settle(&mut first);
    assert!(first.is_worth_keeping(), "a long recording was read");
    assert!(!first.is_worth_keeping(), "once is enough");
    let mut bytes = Vec::new();
    first.snapshot(&mut bytes).expect("it is written");
    let mut second = state(1);
    assert!(second.restore(&bytes));
    assert_eq!(second.head, first.head);
    let views = [View::Overview, View::Timeline, View::Log, View::Libraries];
    for view in views {
        first.act(Action::Show(view));
        second.act(Action::Show(view));
        let (known, shown) = (screen(&mut first, 110, 40), screen(&mut second, 110, 40));
        // The last lines tell that it is read again.
        let body = |screen: &str| {
            screen
                .lines()
                .take(35)
                .map(str::to_owned)
                .collect::<Vec<_>>()
        };
        assert_eq!(body(&known), body(&shown));
    }
    assert!(screen(&mut second, 160, 40).contains("read again"));
    settle(&mut second);
    assert!(!screen(&mut second, 160, 40).contains("read again"));
    assert_eq!(second.digest.failures, first.digest.failures);
    let mut other = state(40);
    assert!(
        other.restore(&bytes),
        "the same events in other frames are the same"
    );
    let mut damaged = state(1);
    assert!(!damaged.restore(&bytes[..bytes.len() / 2]));
}

fn any_action() -> impl Strategy<Value = Action> {
    prop_oneof![
        Just(Action::Down(1)),
        Just(Action::Up(3)),
        Just(Action::PageDown),
        Just(Action::PageUp),
        Just(Action::First),
        Just(Action::Last),
        Just(Action::NextFailure),
        Just(Action::PreviousFailure),
        Just(Action::Play),
        Just(Action::Faster),
        Just(Action::Slower),
        Just(Action::Detail),
        Just(Action::Filter),
        Just(Action::Search),
        Just(Action::Jump),
        Just(Action::NextMatch),
        Just(Action::PreviousMatch),
        Just(Action::ZoomIn),
        Just(Action::ZoomOut),
        Just(Action::Compress),
        Just(Action::Help),
        Just(Action::Back),
        Just(Action::NextView),
        Just(Action::PreviousView),
        Just(Action::Earlier),
        Just(Action::Later),
        Just(Action::DetailDown),
        Just(Action::DetailUp),
        Just(Action::Write),
        (0u16..200, 0u16..400).prop_map(|(row, column)| Action::Click { row, column }),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn random_keys_never_panic(
        actions in prop::collection::vec(any_action(), 0..60),
        typed in "[a-z:*/#.()0-9 ]{0,12}",
        size in 1usize..40,
        (width, height) in (1u16..150, 1u16..60),
    ) {
        let mut state = state(size);
        for action in actions {
            if state.is_typing() {
                for character in typed.chars() {
                    state.type_key(Typed::Character(character));
                }
                state.type_key(Typed::Enter);
                state.type_key(Typed::Cancel);
            } else {
                state.act(action);
            }
            state.work();
            state.pass(50_000_000);
            let _ = screen(&mut state, width, height);
        }
    }
}
