//! The overview: backends and phases, as far as the play head has come.

use super::{Action, View, screen, settle, state};

#[test]
fn what_the_play_head_has_not_reached_is_later() {
    let mut state = state(7);
    settle(&mut state);
    state.act(Action::Show(View::Overview));
    state.act(Action::Jump);
    let shown = screen(&mut state, 120, 60);
    assert!(shown.contains("/usr/lib/ollama/cuda_v12"), "{shown}");
    state.type_key(crate::tui::Typed::Cancel);
    // The cause of the made explanation is at event 4, number 4.
    state.go(0);
    let early = screen(&mut state, 120, 60);
    let backend = |shown: &str| -> String {
        let line = shown.lines().find(|line| line.contains("✗ cuda_v12"));
        line.unwrap_or_default().to_owned()
    };
    assert!(backend(&early).contains("(later)"), "{early}");
    state.go(3);
    let then = screen(&mut state, 120, 60);
    assert!(!backend(&then).contains("(later)"), "{then}");
}

#[test]
fn the_steps_of_the_discovery_are_told_and_those_to_come_are_later() {
    let mut state = state(7);
    settle(&mut state);
    state.act(Action::Show(View::Overview));
    state.go(0);
    let early = screen(&mut state, 120, 60);
    assert!(early.contains("discovery, step by step"), "{early}");
    let runner = |shown: &str| -> String {
        let line = shown.lines().find(|line| line.contains("runner["));
        line.unwrap_or_default().to_owned()
    };
    assert!(runner(&early).contains("(later)"), "{early}");
    state.go(u64::MAX);
    let whole = screen(&mut state, 120, 60);
    assert!(!whole.contains("(later)"), "{whole}");
    assert!(!runner(&whole).contains("at work"), "{whole}");
}

#[test]
fn a_small_screen_says_how_much_stands_below() {
    let mut state = state(7);
    settle(&mut state);
    state.act(Action::Show(View::Overview));
    let shown = screen(&mut state, 60, 12);
    assert!(shown.contains(" j k"), "{shown}");
    state.act(Action::Last);
    let end = screen(&mut state, 60, 12);
    assert!(!end.contains(" j k"), "{end}");
}
