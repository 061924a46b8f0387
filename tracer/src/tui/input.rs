//! What a terminal sends, for a viewer of one recording or of two: keys, mouse, a new size.

use ratatui::crossterm::event::{
    Event as Input, KeyCode, KeyEvent, KeyEventKind, KeyModifiers, MouseButton, MouseEvent,
    MouseEventKind,
};

use super::keys::{self, Action};
use super::pair::Pair;
use super::state::State;
use super::state::prompt::Typed;

/// Who takes it. Rows and columns are those of the screen.
pub(super) trait Viewer {
    /// A line is being typed.
    fn is_typing(&self) -> bool;
    /// A key of that line.
    fn type_key(&mut self, typed: Typed);
    /// Any other key.
    fn act(&mut self, action: Action);
    /// Ctrl-Z.
    fn ask_suspend(&mut self);
    /// The left button, pressed or held.
    fn point(&mut self, row: u16, column: u16);
    /// The wheel.
    fn wheel(&mut self, down: bool, row: u16, column: u16);
}

impl Viewer for State {
    fn is_typing(&self) -> bool {
        self.is_typing()
    }

    fn type_key(&mut self, typed: Typed) {
        self.type_key(typed);
    }

    fn act(&mut self, action: Action) {
        self.act(action);
    }

    fn ask_suspend(&mut self) {
        self.ask_suspend();
    }

    fn point(&mut self, row: u16, column: u16) {
        let body = self.body;
        if body.contains((column, row).into()) {
            self.act(Action::Click {
                row: row - body.y,
                column: column - body.x,
            });
        }
    }

    fn wheel(&mut self, down: bool, _row: u16, _column: u16) {
        self.act(turned(down));
    }
}

impl Viewer for Pair {
    fn is_typing(&self) -> bool {
        self.is_typing()
    }

    fn type_key(&mut self, typed: Typed) {
        self.type_key(typed);
    }

    fn act(&mut self, action: Action) {
        self.act(action);
    }

    fn ask_suspend(&mut self) {
        self.ask_suspend();
    }

    fn point(&mut self, row: u16, column: u16) {
        self.click(row, column);
    }

    fn wheel(&mut self, down: bool, row: u16, column: u16) {
        self.wheel(down, row, column);
    }
}

/// What a notch of the wheel asks for: three rows.
pub(super) const fn turned(down: bool) -> Action {
    if down { Action::Down(3) } else { Action::Up(3) }
}

/// Takes one input; true when the screen must be drawn anew.
pub(super) fn take(viewer: &mut impl Viewer, input: &Input) -> bool {
    match input {
        Input::Key(key) if key.kind != KeyEventKind::Release => {
            self::key(viewer, *key);
            true
        }
        Input::Mouse(mouse) => self::mouse(viewer, *mouse),
        Input::Resize(..) => true,
        _ => false,
    }
}

fn key(viewer: &mut impl Viewer, key: KeyEvent) {
    let control = key.modifiers.contains(KeyModifiers::CONTROL);
    if control && key.code == KeyCode::Char('z') {
        viewer.ask_suspend();
    } else if viewer.is_typing() {
        if let Some(typed) = keys::typed(key) {
            viewer.type_key(typed);
        }
    } else if let Some(action) = keys::action(key) {
        viewer.act(action);
    }
}

fn mouse(viewer: &mut impl Viewer, mouse: MouseEvent) -> bool {
    match mouse.kind {
        MouseEventKind::ScrollDown => viewer.wheel(true, mouse.row, mouse.column),
        MouseEventKind::ScrollUp => viewer.wheel(false, mouse.row, mouse.column),
        MouseEventKind::Down(MouseButton::Left) | MouseEventKind::Drag(MouseButton::Left) => {
            viewer.point(mouse.row, mouse.column);
        }
        _ => return false,
    }
    true
}
