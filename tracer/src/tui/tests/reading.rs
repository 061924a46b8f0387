//! What is known while a recording is read: matches of a filter, and the word about a virtual GPU.

use super::{Action, Made, Typed, View, explain, screen, settle, state, type_in};
use crate::event::host::Header;
use crate::event::loss::Note;
use crate::event::{Event, Kind, Seq, Text};
use crate::tui::{FrameFacts, Page, Recording, State};
use crate::view::Looks;

#[test]
fn a_filter_finds_while_the_recording_is_read_and_esc_ends_it() {
    let mut state = state(2);
    state.act(Action::Filter);
    type_in(&mut state, "kind:exec");
    state.type_key(Typed::Enter);
    while state.rows() == 0 {
        assert!(state.work());
    }
    assert!(state.progress().is_some(), "all was read already");
    let shown = screen(&mut state, 160, 24);
    assert!(
        shown.contains("so far") && shown.contains("Esc ends"),
        "{shown}"
    );
    state.act(Action::Back);
    assert!(state.matching.is_none());
    settle(&mut state);
    assert!(state.progress().is_none());
}

#[test]
fn a_filter_for_roles_waits_until_it_is_known_who_is_who() {
    let mut state = state(2);
    state.act(Action::Filter);
    type_in(&mut state, "role:server");
    state.type_key(Typed::Enter);
    assert_eq!(state.rows(), 0);
    settle(&mut state);
    assert!(state.rows() > 0);
}

#[test]
fn a_run_with_a_virtual_gpu_says_so_in_the_first_line() {
    let mut made = Made::new(7);
    let note = Event {
        seq: Seq(0),
        time: made.header.clock.boot.0,
        duration: None,
        process: None,
        tid: None,
        parent: None,
        late: false,
        kind: Kind::Note(Note {
            id: Text::from("virtual_gpu"),
            text: Text::from("the GPU of this run is the shim's virtual one"),
        }),
    };
    made.frames.insert(0, vec![note]);
    let looks = Looks {
        colour: false,
        unicode: true,
    };
    let mut state = State::new(Box::new(made), looks, explain);
    settle(&mut state);
    for (width, height) in [(80, 24), (300, 100)] {
        let shown = screen(&mut state, width, height);
        let first = shown.lines().next().unwrap_or_default();
        assert!(first.contains("virtual GPU"), "{first}");
        assert!(first.contains("[3 Events]"), "{first}");
    }
    state.act(Action::Show(View::Overview));
    assert!(screen(&mut state, 120, 40).contains("the shim's virtual one"));
    let mut other = super::state(7);
    settle(&mut other);
    assert!(!screen(&mut other, 300, 40).contains("virtual GPU"));
}

/// A recording of whose second frame nothing can be read.
struct Torn(Made);

impl Recording for Torn {
    fn name(&self) -> String {
        self.0.name()
    }

    fn header(&self) -> Option<&Header> {
        self.0.header()
    }

    fn frames(&mut self) -> Result<Vec<FrameFacts>, String> {
        self.0.frames()
    }

    fn page(&mut self, frame: usize) -> Result<Page, String> {
        if frame == 1 {
            return Ok(Page::default());
        }
        self.0.page(frame)
    }

    fn warnings(&self) -> Vec<String> {
        vec!["frame 2: damaged".to_owned()]
    }

    fn is_damaged(&self) -> bool {
        true
    }

    fn grows(&self) -> bool {
        false
    }
}

#[test]
fn a_damaged_frame_is_passed_over_and_the_reading_comes_to_its_end() {
    let looks = Looks {
        colour: false,
        unicode: true,
    };
    for size in [7, 20] {
        let mut state = State::new(Box::new(Torn(Made::new(size))), looks, explain);
        settle(&mut state);
        assert_eq!(state.progress(), None);
        assert!(!screen(&mut state, 120, 30).contains("reading,"));
        state.act(Action::Show(View::Overview));
        assert!(screen(&mut state, 120, 60).contains("frame 2: damaged"));
        state.act(Action::Show(View::Events));
        state.act(Action::Last);
        let shown = screen(&mut state, 120, 30);
        assert!(shown.contains("event 36 of 36"), "{shown}");
    }
}
