//! Whose keys are typed.

use super::{Action, View, screen, settle, state};
use crate::tui::state::Keyboard;

#[test]
fn a_recording_that_has_ended_takes_no_keys() {
    let mut state = state(5);
    settle(&mut state);
    state.act(Action::HandKeyboard);
    assert_eq!(state.keyboard, Keyboard::Alone);
    assert!(screen(&mut state, 100, 24).contains("no command to type to"));
}

#[test]
fn the_keyboard_is_given_away_in_log_and_taken_back() {
    let mut state = state(5);
    settle(&mut state);
    state.keyboard = Keyboard::Viewer;
    state.act(Action::HandKeyboard);
    assert_eq!((state.keyboard, state.view), (Keyboard::Command, View::Log));
    let shown = screen(&mut state, 80, 24);
    assert!(shown.contains("Ctrl-] takes the keyboard back"), "{shown}");
    state.take_keyboard();
    assert_eq!(state.keyboard, Keyboard::Viewer);
    assert!(!screen(&mut state, 80, 24).contains("Ctrl-]"));
    state.act(Action::HandKeyboard);
    // This recording grows no more: its command is gone.
    assert!(state.keyboard_of_nobody());
    assert!(!state.keyboard_of_nobody());
    assert!(screen(&mut state, 80, 24).contains("the command has ended"));
}
