//! Two recordings side by side: what differs, one column for each, and one play head for both.
//!
//! The columns are two viewers of the ordinary kind. Whatever moves one of them moves the other to the same event, as far as the
//! recordings have events that are the same; between two of those it follows in proportion.

mod draw;
mod input;
mod locked;
mod terminal;
#[cfg(test)]
pub(super) mod tests;

use ratatui::layout::Rect;

use super::keys::Action;
use super::recording::Recording;
use super::state::{Explain, State, View};
use crate::view::Looks;

use locked::Locked;
pub use terminal::{PairBegin, run};

/// A difference to stop at.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stop {
    /// Where, and what: one sentence.
    pub sentence: String,
    /// Number of the event that shows it, good side and bad side; `None` where it is not there.
    pub events: [Option<u64>; 2],
    /// It only follows from one before.
    pub ripple: bool,
}

/// What a comparison gives to look at.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Compared {
    /// The answer, in one sentence.
    pub headline: String,
    /// The differences, best explanation first.
    pub stops: Vec<Stop>,
    /// Numbers of events that are the same event on both sides, growing.
    pub anchors: Vec<(u64, u64)>,
}

/// Everything.
pub struct Pair {
    /// Good, bad.
    pub(super) sides: [State; 2],
    /// The column that keys move.
    pub(super) active: usize,
    pub(super) compared: Compared,
    locked: Locked,
    /// The difference that was jumped to.
    pub(super) stop: Option<usize>,
    pub(super) help: bool,
    /// Where the lists of both were drawn last.
    pub(super) bodies: [Rect; 2],
    suspend: bool,
    quit: bool,
}

impl Pair {
    /// Opens both at the first difference.
    #[must_use]
    pub fn new(
        recordings: [Box<dyn Recording>; 2],
        looks: Looks,
        explain: Explain,
        compared: Compared,
    ) -> Self {
        let mut pair = Self {
            sides: recordings.map(|recording| State::new(recording, looks, explain)),
            active: 1,
            locked: Locked::new(&compared.anchors),
            compared,
            stop: None,
            help: false,
            bodies: [Rect::default(); 2],
            suspend: false,
            quit: false,
        };
        for side in &mut pair.sides {
            side.detail = false;
        }
        if !pair.compared.stops.is_empty() {
            pair.jump_to(0);
        }
        pair
    }

    /// The user wants to leave.
    #[must_use]
    pub const fn is_over(&self) -> bool {
        self.quit
    }

    /// Reads on in both; false when there is nothing left.
    pub fn work(&mut self) -> bool {
        let [good, bad] = &mut self.sides;
        good.work() | bad.work()
    }

    /// Lets `nanos` of real time go by: the active side plays, the other follows.
    pub fn pass(&mut self, nanos: u64) {
        if let Some(side) = self.sides.get_mut(self.active)
            && side.play.playing
        {
            side.pass(nanos);
            self.follow();
        }
    }

    /// It moves by itself.
    pub(super) fn plays(&self) -> bool {
        let side = self.sides.get(self.active);
        side.is_some_and(|side| side.play.playing)
    }

    /// The user wants the process stopped for a while.
    pub(super) const fn ask_suspend(&mut self) {
        self.suspend = true;
    }

    /// Asked once, that is so.
    pub(super) const fn suspended(&mut self) -> bool {
        std::mem::replace(&mut self.suspend, false)
    }

    /// Does what a key asks for. Tab changes the column, `n` and `N` go from difference to difference, or from match to match
    /// while something is searched for.
    pub fn act(&mut self, action: Action) {
        match action {
            Action::Quit => self.quit = true,
            Action::Help => self.help = !self.help,
            Action::Back => self.back(),
            Action::NextView | Action::PreviousView => self.turn(),
            Action::NextMatch => self.next_match(true),
            Action::PreviousMatch => self.next_match(false),
            Action::Show(View::Overview | View::Timeline)
            | Action::Write
            | Action::Detail
            | Action::Open => {}
            Action::Show(_) | Action::Earlier | Action::Later => {
                for side in &mut self.sides {
                    side.act(action);
                }
            }
            other => {
                if let Some(side) = self.sides.get_mut(self.active) {
                    side.act(other);
                }
                self.follow();
            }
        }
    }

    /// The other column gets the keys, and what was playing stops.
    fn turn(&mut self) {
        for side in &mut self.sides {
            side.play.stop();
        }
        self.active = 1 - self.active;
    }

    /// Puts the other play head where this one is.
    fn follow(&mut self) {
        let [good, bad] = &mut self.sides;
        if self.active == 0 {
            bad.go(self.locked.to_bad(good.head + 1).saturating_sub(1));
        } else {
            good.go(self.locked.to_good(bad.head + 1).saturating_sub(1));
        }
    }

    /// To the difference that ranks next, or the one before.
    fn next(&mut self, forward: bool) {
        let last = self.compared.stops.len().saturating_sub(1);
        let to = match self.stop {
            None => 0,
            Some(at) if forward => at + 1,
            Some(at) => at.saturating_sub(1),
        };
        self.jump_to(to.min(last));
    }

    /// Both play heads to where a difference is; a side that does not have it goes where it would be.
    fn jump_to(&mut self, at: usize) {
        let Some(stop) = self.compared.stops.get(at) else {
            return;
        };
        let [good, bad] = match stop.events {
            [Some(good), Some(bad)] => [good, bad],
            [Some(good), None] => [good, self.locked.to_bad(good)],
            [None, Some(bad)] => [self.locked.to_good(bad), bad],
            [None, None] => {
                self.stop = Some(at);
                return;
            }
        };
        self.stop = Some(at);
        for (side, event) in self.sides.iter_mut().zip([good, bad]) {
            side.play.stop();
            side.go(event.saturating_sub(1));
        }
    }
}
