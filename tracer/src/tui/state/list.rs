//! Lists: which event stands in which row, which of them had happened by the play head, and where the next match is.

use super::{State, View};
use crate::tui::digest::things::{Mapped, Word};

/// Rows in order of their events; nothing is copied.
#[derive(Clone, Copy)]
pub(super) enum List<'a> {
    /// Every event, so many.
    All(u64),
    Indices(&'a [u64]),
    Lanes(&'a [(u64, u32)]),
    Words(&'a [Word]),
    Mapped(&'a [Mapped]),
}

impl List<'_> {
    fn rows(self) -> u64 {
        match self {
            Self::All(total) => total,
            Self::Indices(list) => list.len() as u64,
            Self::Lanes(list) => list.len() as u64,
            Self::Words(list) => list.len() as u64,
            Self::Mapped(list) => list.len() as u64,
        }
    }

    pub(super) fn index_at(self, row: u64) -> Option<u64> {
        let at = usize::try_from(row).ok()?;
        match self {
            Self::All(total) => (row < total).then_some(row),
            Self::Indices(list) => list.get(at).copied(),
            Self::Lanes(list) => list.get(at).map(|lane| lane.0),
            Self::Words(list) => list.get(at).map(|word| word.index),
            Self::Mapped(list) => list.get(at).map(|mapped| mapped.index),
        }
    }

    /// How many rows belong to events before this one.
    fn rows_before(self, index: u64) -> u64 {
        let rows = match self {
            Self::All(total) => return index.min(total),
            Self::Indices(list) => list.partition_point(|one| *one < index),
            Self::Lanes(list) => list.partition_point(|lane| lane.0 < index),
            Self::Words(list) => list.partition_point(|word| word.index < index),
            Self::Mapped(list) => list.partition_point(|mapped| mapped.index < index),
        };
        rows as u64
    }
}

impl State {
    /// The list of this view without a filter.
    pub(super) fn whole_list(&self) -> List<'_> {
        match self.view {
            View::Log => List::Words(&self.digest.words.list),
            View::Calls => List::Indices(&self.digest.calls),
            View::Processes => List::Lanes(&self.digest.order),
            View::Libraries => List::Mapped(&self.digest.libraries.list),
            View::Overview | View::Timeline | View::Events => List::All(self.book.total()),
        }
    }

    /// The list that this view shows. A filter is about events: of processes all are shown.
    fn list(&self) -> List<'_> {
        match &self.matching {
            Some(matching) if self.view.has_rows_that_are_events() => {
                List::Indices(matching.picked.indices(self.view))
            }
            Some(matching) if self.view != View::Processes => List::Indices(&matching.found),
            _ => self.whole_list(),
        }
    }

    /// Rows of this view's list.
    pub(in crate::tui) fn rows(&self) -> u64 {
        self.list().rows()
    }

    /// The event in a row.
    pub(in crate::tui) fn index_at(&self, row: u64) -> Option<u64> {
        self.list().index_at(row)
    }

    /// The row of an event, or of the last one before it.
    pub(in crate::tui) fn row_of(&self, index: u64) -> u64 {
        let rows = self.list().rows_before(index.saturating_add(1));
        rows.saturating_sub(1)
    }

    /// Those until the play head.
    pub(in crate::tui) fn rows_by_now(&self) -> u64 {
        self.list().rows_before(self.head.saturating_add(1))
    }

    /// Those that a view does not show yet.
    pub(in crate::tui) fn rows_to_come(&self) -> u64 {
        if self.view.ends_at_the_play_head() {
            self.rows() - self.rows_by_now()
        } else {
            0
        }
    }

    /// The row that is so many rows after the last one by now, or before it: rows of one event count as one place to go to.
    /// `None` when there is none.
    pub(super) fn row_from_now(&self, by: i64) -> Option<u64> {
        let (list, now) = (self.list(), self.rows_by_now());
        let last = list.rows().checked_sub(1)?;
        if by >= 0 {
            // Rows are counted from 0, so the next one is `now`.
            return Some(now.saturating_add_signed(by.saturating_sub(1)).min(last));
        }
        let row = now.checked_sub(1)?;
        let first = list.rows_before(list.index_at(row)?);
        Some(first.saturating_add_signed(by))
    }

    /// Moves to the next or the last match of the search; in a view whose rows are events, to one that has a row there.
    pub(in crate::tui) fn found(&mut self, forward: bool) {
        let Some(search) = &self.search else {
            self.message = "nothing to search for: / asks".to_owned();
            return;
        };
        let target = if forward {
            self.match_after(&search.found)
        } else {
            self.match_before(&search.found)
        };
        match target {
            Some(index) => self.go(index),
            None if search.done => {
                self.message = format!("no match for {:?} in that direction", search.text);
                if self.view.has_rows_that_are_events() && !search.found.is_empty() {
                    self.message.push_str(" here; Events has all");
                }
            }
            None => self.message = "still searching".to_owned(),
        }
    }

    /// The first match after the play head. Where it must have a row, matches and rows leap over one another.
    fn match_after(&self, found: &[u64]) -> Option<u64> {
        let list = self.list();
        let mut from = self.head.saturating_add(1);
        loop {
            let index = *found.get(found.partition_point(|one| *one < from))?;
            let row = list.index_at(list.rows_before(index));
            if !self.view.has_rows_that_are_events() || row == Some(index) {
                return Some(index);
            }
            from = row?;
        }
    }

    /// The last one before it.
    fn match_before(&self, found: &[u64]) -> Option<u64> {
        let list = self.list();
        let mut until = self.head;
        loop {
            let before = found.partition_point(|one| *one < until);
            let index = *found.get(before.checked_sub(1)?)?;
            let rows = list.rows_before(index.saturating_add(1));
            let row = rows.checked_sub(1).and_then(|row| list.index_at(row));
            if !self.view.has_rows_that_are_events() || row == Some(index) {
                return Some(index);
            }
            until = row?.saturating_add(1);
        }
    }
}
