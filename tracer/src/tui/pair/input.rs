//! What is typed and clicked: filter and search count for both columns, a click gives its column the keys.

use super::Pair;
use crate::tui::input::turned;
use crate::tui::keys::Action;
use crate::tui::state::State;
use crate::tui::state::matching::Matching;
use crate::tui::state::prompt::{Ask, Typed};

impl Pair {
    /// A line is being typed.
    #[must_use]
    pub fn is_typing(&self) -> bool {
        let side = self.sides.get(self.active);
        side.is_some_and(State::is_typing)
    }

    /// Takes a key of the prompt. What the column with the keys is asked for is looked for in the other one too.
    pub fn type_key(&mut self, typed: Typed) {
        let [good, bad] = &mut self.sides;
        let (side, other) = if self.active == 0 {
            (good, bad)
        } else {
            (bad, good)
        };
        let ask = side.prompt.as_ref().map(|prompt| prompt.ask);
        side.type_key(typed);
        if typed != Typed::Enter || side.is_typing() {
            return;
        }
        match ask {
            Some(Ask::Filter) => other.matching = side.matching.as_ref().map(Matching::anew),
            Some(Ask::Search) => other.search = side.search.as_ref().map(Matching::anew),
            _ => {}
        }
        self.follow();
    }

    /// Leaves the help, else the filter of both, else the search of both.
    pub(super) fn back(&mut self) {
        if self.help {
            self.help = false;
            return;
        }
        for side in &mut self.sides {
            side.act(Action::Back);
        }
    }

    /// To the next match of the search where one stands, else to the next difference.
    pub(super) fn next_match(&mut self, forward: bool) {
        let Some(side) = self.sides.get_mut(self.active) else {
            return;
        };
        if side.search.is_none() {
            self.next(forward);
            return;
        }
        side.message.clear();
        side.found(forward);
        self.follow();
    }

    /// A click: its column gets the keys, its row the play head.
    pub fn click(&mut self, row: u16, column: u16) {
        let Some(at) = self.column_at(row, column) else {
            return;
        };
        if at != self.active {
            self.turn();
        }
        let body = self.bodies.get(at).copied().unwrap_or_default();
        self.act(Action::Click {
            row: row - body.y,
            column: column - body.x,
        });
    }

    /// The wheel: three rows of the column under the mouse.
    pub fn wheel(&mut self, down: bool, row: u16, column: u16) {
        if let Some(at) = self.column_at(row, column)
            && at != self.active
        {
            self.turn();
        }
        self.act(turned(down));
    }

    fn column_at(&self, row: u16, column: u16) -> Option<usize> {
        let mut bodies = self.bodies.iter();
        bodies.position(|body| body.contains((column, row).into()))
    }
}
