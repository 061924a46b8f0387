//! What a terminal sends: the same for one recording and for two.

use ratatui::crossterm::event::{
    Event as Input, KeyCode, KeyEvent, KeyEventKind, KeyModifiers, MouseButton, MouseEvent,
    MouseEventKind,
};

use super::{Action, View, screen, settle, state};
use crate::tui::pair::tests as pair;

fn key(code: KeyCode, modifiers: KeyModifiers, kind: KeyEventKind) -> Input {
    Input::Key(KeyEvent::new_with_kind(code, modifiers, kind))
}

fn mouse(kind: MouseEventKind, row: u16, column: u16) -> Input {
    Input::Mouse(MouseEvent {
        kind,
        column,
        row,
        modifiers: KeyModifiers::NONE,
    })
}

const HELD: MouseEventKind = MouseEventKind::Drag(MouseButton::Left);

#[test]
fn the_left_button_drags_the_play_head_and_the_frame_around_it_is_no_target() {
    let mut state = state(7);
    settle(&mut state);
    state.act(Action::First);
    let _ = screen(&mut state, 100, 30);
    for row in [3, 4, 6] {
        assert!(state.take(&mouse(HELD, row, 20)));
        assert_eq!(
            state.head,
            u64::from(row) - 1,
            "the first line has the views"
        );
    }
    for row in [0, 28, 29, 500] {
        let _ = state.take(&mouse(HELD, row, 20));
        assert_eq!(state.head, 5, "row {row}");
    }
    assert!(state.take(&mouse(MouseEventKind::ScrollDown, 0, 0)));
    assert_eq!(state.head, 8);
    assert!(!state.take(&mouse(MouseEventKind::Moved, 3, 3)));
    state.act(Action::Show(View::Timeline));
    let _ = screen(&mut state, 100, 30);
    for (column, later) in [(99, true), (40, false), (80, true)] {
        let before = state.head;
        let _ = state.take(&mouse(HELD, 4, column));
        assert_eq!(state.head > before, later, "column {column}");
    }
}

#[test]
fn both_viewers_suspend_and_act_on_a_key_that_goes_down_only() {
    let (mut one, mut two) = (state(7), pair::pair());
    settle(&mut one);
    let up = key(
        KeyCode::Char('q'),
        KeyModifiers::NONE,
        KeyEventKind::Release,
    );
    assert!(!one.take(&up) && !two.take(&up));
    let stop = key(
        KeyCode::Char('z'),
        KeyModifiers::CONTROL,
        KeyEventKind::Press,
    );
    assert!(one.take(&stop) && two.take(&stop));
    assert!(one.suspended() && two.suspended());
    let down = key(KeyCode::Char('q'), KeyModifiers::NONE, KeyEventKind::Press);
    assert!(one.take(&down) && two.take(&down));
    assert!(one.is_over() && two.is_over());
    // In a line that is typed it is a letter.
    let mut typing = state(7);
    typing.act(Action::Search);
    assert!(typing.take(&down));
    assert!(typing.is_typing() && !typing.is_over());
}
