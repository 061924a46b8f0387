//! What a terminal sends, for a viewer of one recording or of two: keys, mouse, a new size.

use ratatui::crossterm::event::{
    Event as Input, KeyCode, KeyEvent, KeyEventKind, KeyModifiers, MouseButton, MouseEvent,
    MouseEventKind,
};

use super::keys::{self, Action};
use super::pair::Pair;
use super::state::State;
use super::state::prompt::Typed;

/// What it asks a viewer for. Rows and columns are those of the screen.
enum Asked {
    /// To stop for a while.
    Suspend,
    /// A key of the line that is typed.
    Type(Typed),
    /// Any other key.
    Act(Action),
    /// The left button was pressed or held.
    Point { row: u16, column: u16 },
    /// The wheel was turned.
    Wheel { down: bool, row: u16, column: u16 },
    /// A new picture.
    Draw,
}

impl State {
    /// Takes one input; true when the screen must be drawn anew.
    pub(super) fn take(&mut self, input: &Input) -> bool {
        let Some(asked) = asked(input, self.is_typing()) else {
            return false;
        };
        match asked {
            Asked::Suspend => self.ask_suspend(),
            Asked::Type(typed) => self.type_key(typed),
            Asked::Act(action) => self.act(action),
            Asked::Point { row, column } => {
                let body = self.body;
                if body.contains((column, row).into()) {
                    self.act(Action::Click {
                        row: row - body.y,
                        column: column - body.x,
                    });
                }
            }
            Asked::Wheel { down, .. } => self.act(turned(down)),
            Asked::Draw => {}
        }
        true
    }
}

impl Pair {
    /// Takes one input; true when the screen must be drawn anew.
    pub(super) fn take(&mut self, input: &Input) -> bool {
        let Some(asked) = asked(input, self.is_typing()) else {
            return false;
        };
        match asked {
            Asked::Suspend => self.ask_suspend(),
            Asked::Type(typed) => self.type_key(typed),
            Asked::Act(action) => self.act(action),
            Asked::Point { row, column } => self.click(row, column),
            Asked::Wheel { down, row, column } => self.wheel(down, row, column),
            Asked::Draw => {}
        }
        true
    }
}

/// What a notch of the wheel asks for: three rows.
pub(super) const fn turned(down: bool) -> Action {
    if down { Action::Down(3) } else { Action::Up(3) }
}

/// What an input asks for; `None` when nothing changes.
fn asked(input: &Input, typing: bool) -> Option<Asked> {
    match input {
        Input::Key(key) if key.kind != KeyEventKind::Release => self::key(*key, typing),
        Input::Mouse(mouse) => self::mouse(*mouse),
        Input::Resize(..) => Some(Asked::Draw),
        _ => None,
    }
}

fn key(key: KeyEvent, typing: bool) -> Option<Asked> {
    let control = key.modifiers.contains(KeyModifiers::CONTROL);
    if control && key.code == KeyCode::Char('z') {
        Some(Asked::Suspend)
    } else if typing {
        keys::typed(key).map(Asked::Type)
    } else {
        keys::action(key).map(Asked::Act)
    }
}

const fn mouse(mouse: MouseEvent) -> Option<Asked> {
    let MouseEvent { row, column, .. } = mouse;
    Some(match mouse.kind {
        MouseEventKind::ScrollDown => Asked::Wheel {
            down: true,
            row,
            column,
        },
        MouseEventKind::ScrollUp => Asked::Wheel {
            down: false,
            row,
            column,
        },
        MouseEventKind::Down(MouseButton::Left) | MouseEventKind::Drag(MouseButton::Left) => {
            Asked::Point { row, column }
        }
        _ => return None,
    })
}
