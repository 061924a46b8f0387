//! Random keys on screens of random sizes: nothing panics.

use proptest::prelude::*;

use super::{Action, Typed, View, screen, state};
use crate::tui::pair::tests as pair;

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
        Just(Action::NextBackend),
        Just(Action::PreviousBackend),
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
        prop::sample::select(&View::ALL).prop_map(Action::Show),
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

    #[test]
    fn random_keys_with_two_recordings_never_panic(
        actions in prop::collection::vec(any_action(), 0..40),
        typed in "[a-z:*/#.()0-9 ]{0,12}",
        (width, height) in (1u16..150, 1u16..60),
    ) {
        let mut both = pair::pair();
        for action in actions {
            if both.is_typing() {
                for character in typed.chars() {
                    both.type_key(Typed::Character(character));
                }
                both.type_key(Typed::Enter);
                both.type_key(Typed::Cancel);
            } else if let Action::Click { row, column } = action {
                both.click(row, column);
                both.wheel(row % 2 == 0, column, row);
            } else {
                both.act(action);
            }
            both.work();
            both.pass(50_000_000);
            let _ = pair::screen(&mut both, width, height);
        }
    }
}
