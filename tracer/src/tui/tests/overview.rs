//! The overview: backends and phases, as far as the play head has come.

use super::{Action, View, screen, settle, state};

#[test]
fn the_steps_of_the_discovery_are_told_as_they_come() {
    let mut state = state(7);
    settle(&mut state);
    state.act(Action::Show(View::Overview));
    let runners = |shown: &str| shown.matches("runner[").count();
    state.go(0);
    let early = screen(&mut state, 120, 60);
    assert_eq!(runners(&early), 0, "{early}");
    let mut seen = 0;
    for head in 1..state.book.total() - 1 {
        state.go(head);
        let shown = screen(&mut state, 120, 60);
        assert!(runners(&shown) >= seen, "{shown}");
        if runners(&shown) > seen {
            let new = shown.lines().rfind(|line| line.contains("runner["));
            assert!(new.is_some_and(|line| line.contains("at work")), "{shown}");
        }
        seen = runners(&shown);
    }
    assert_eq!(seen, 2);
    state.go(u64::MAX);
    let whole = screen(&mut state, 120, 60);
    assert!(!whole.contains("at work"), "{whole}");
}

#[test]
fn a_small_screen_says_how_much_stands_below() {
    let mut state = state(7);
    settle(&mut state);
    state.act(Action::Show(View::Overview));
    let shown = screen(&mut state, 60, 12);
    assert!(shown.contains(" more lines: j"), "{shown}");
    state.act(Action::Last);
    let end = screen(&mut state, 60, 12);
    assert!(!end.contains(" more lines: j"), "{end}");
}
