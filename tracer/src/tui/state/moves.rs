//! Moving the play head and the list: rows, screens, failures, clicks, views.

use super::{State, View};
use crate::tui::draw::NAMES;
use crate::tui::keys::Action;

/// Rows that stay visible above and below the play head.
const MARGIN: u64 = 4;
/// Columns that a list's texts move at once, and at most.
const SIDEWAYS: u16 = 8;
const FARTHEST: u16 = 8_000;

impl State {
    /// Puts the play head on an event.
    pub(in crate::tui) fn go(&mut self, index: u64) {
        self.head = index.min(self.book.total().saturating_sub(1));
        self.moved = true;
        self.opening = false;
        self.follow = false;
        self.detail_top = 0;
        self.show_head();
    }

    /// The list has this many rows on the screen, the first of them at this row of the body.
    pub(in crate::tui) fn sized(&mut self, height: u16, begin: u16) {
        self.list_at = begin;
        let height = u64::from(height);
        if self.height != height {
            self.height = height;
            self.show_head();
        }
    }

    /// Scrolls so that the play head is on the screen.
    pub(in crate::tui) fn show_head(&mut self) {
        if self.view.ends_at_the_play_head() {
            // The last of what had happened stands at the bottom, as in a terminal.
            self.top = self.rows_by_now().saturating_sub(self.height.max(1));
            return;
        }
        let row = self.row_of(self.head);
        let height = self.height.max(1);
        let margin = MARGIN.min((height - 1) / 2);
        if row < self.top.saturating_add(margin) {
            self.top = row.saturating_sub(margin);
        } else if row.saturating_add(margin) >= self.top.saturating_add(height) {
            let below = row.saturating_add(margin).saturating_add(1);
            let most = self.rows().saturating_sub(height);
            self.top = below.saturating_sub(height).min(most.max(self.top));
        }
    }

    pub(super) fn back(&mut self) {
        if self.help {
            self.help = false;
        } else if self.matching.is_some() {
            self.matching = None;
            self.show_head();
        } else if self.search.is_some() {
            self.search = None;
        }
    }

    pub(super) fn turn(&mut self, by: usize) {
        let at = View::ALL
            .iter()
            .position(|view| *view == self.view)
            .unwrap_or(0);
        let next = View::ALL.get((at + by) % View::ALL.len()).copied();
        self.act(Action::Show(next.unwrap_or_default()));
    }

    pub(super) fn page(&self) -> i64 {
        i64::try_from(self.height.saturating_sub(1).max(1)).unwrap_or(1)
    }

    /// Moves the play head by rows of this view's list, or scrolls a text.
    pub(super) fn step(&mut self, by: i64) {
        if self.view == View::Overview {
            let by = by.clamp(-10_000, 10_000);
            let to = i64::from(self.scroll).saturating_add(by).clamp(0, 10_000);
            self.scroll = u16::try_from(to).unwrap_or(0);
            return;
        }
        let to = match by {
            // A recording ends with more than the last word or call.
            i64::MAX if self.view.ends_at_the_play_head() => self.book.total().checked_sub(1),
            i64::MAX => self
                .rows()
                .checked_sub(1)
                .and_then(|row| self.index_at(row)),
            i64::MIN => self.index_at(0),
            _ => self.row_from_now(by).and_then(|row| self.index_at(row)),
        };
        if let Some(index) = to {
            self.go(index);
            self.follow = by == i64::MAX && self.book.recording().grows();
        }
    }

    pub(super) fn failure(&mut self, forward: bool) {
        let list = &self.digest.failures;
        let at = list.partition_point(|index| *index <= self.head);
        let target = if forward {
            list.get(at)
        } else {
            let before = list.partition_point(|index| *index < self.head);
            before.checked_sub(1).and_then(|at| list.get(at))
        };
        match target.copied() {
            Some(index) => self.go(index),
            None => self.message = "no failure in that direction".to_owned(),
        }
    }

    /// A click into the body: a row of a list, or a moment of the timeline.
    pub(super) fn click(&mut self, row: u16, column: u16) {
        if self.view == View::Overview {
            return;
        }
        if self.view == View::Timeline {
            let column = column.checked_sub(NAMES).map(usize::from);
            let moment = column.and_then(|column| self.scale.stretch(column));
            if let Some((from, to)) = moment {
                let index = self.at_moment(from, to);
                self.go(index);
            }
        } else if let Some(row) = row.checked_sub(self.list_at) {
            self.click_row(u64::from(row));
        }
    }

    /// A click into a list: an event, or the line that counts those to come.
    fn click_row(&mut self, row: u64) {
        let at = self.top.saturating_add(row);
        let to_come = self.rows_to_come();
        let shown = self.rows() - to_come;
        if at == shown && to_come > 0 {
            self.step(1);
        } else if at < shown
            && row < self.height
            && let Some(index) = self.index_at(at)
        {
            self.go(index);
        }
    }

    /// The first event in this stretch of time (nanoseconds since the begin); of a silent one the last before it.
    fn at_moment(&mut self, from: u64, to: u64) -> u64 {
        let origin = self.origin();
        let index = self.book.at_time(origin.saturating_add(from));
        let time = self.book.event_time(index).unwrap_or(0);
        let silent = time >= origin.saturating_add(to.max(from + 1));
        index.saturating_sub(u64::from(silent))
    }

    /// Moves the stretch of time, or the texts of a list.
    pub(super) fn sideways(&mut self, right: bool) {
        match self.view {
            View::Overview => {}
            View::Timeline => self.pan(right),
            _ if right => self.left = self.left.saturating_add(SIDEWAYS).min(FARTHEST),
            _ => self.left = self.left.saturating_sub(SIDEWAYS),
        }
    }

    /// Moves to the begin of the next or the last process that works for a backend.
    pub(super) fn backend(&mut self, forward: bool) {
        let roles = self.roles();
        let works = |number: &u32| roles.get(number).is_some_and(|role| role.contains('['));
        let head = self.head;
        let mut begins = self.digest.order.iter();
        let found = if forward {
            begins.find(|(index, number)| *index > head && works(number))
        } else {
            begins.rfind(|(index, number)| *index < head && works(number))
        };
        match found.map(|(index, _)| *index) {
            Some(index) => self.go(index),
            None => {
                self.message =
                    "no process that works for a backend begins in that direction".to_owned();
            }
        }
    }

    /// The recording has grown.
    pub(in crate::tui) fn grown(&mut self) {
        if self.follow {
            self.go(u64::MAX);
            self.follow = true;
        }
        for matching in [&mut self.matching, &mut self.search].into_iter().flatten() {
            matching.goes_on();
        }
    }

    /// Keeps the play head at the end of a recording that grows.
    pub(in crate::tui) fn follow_the_end(&mut self) {
        self.go(u64::MAX);
        self.follow = true;
    }
}
