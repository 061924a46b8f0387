//! A filter in a view whose rows are events: those rows that match, found as the filter goes on.

use super::list::List;
use super::{State, View};

/// The rows that match.
#[derive(Clone, Debug, Default)]
pub(in crate::tui) struct Picked {
    /// Of which view.
    view: Option<View>,
    /// Places in that view's whole list, growing.
    places: Vec<u64>,
    /// Their events.
    indices: Vec<u64>,
    /// Places that were looked at.
    seen: u64,
    /// Matches that lie before those.
    passed: usize,
}

impl Picked {
    /// Their events, in order; none of another view.
    pub(super) fn indices(&self, view: View) -> &[u64] {
        if self.view == Some(view) {
            &self.indices
        } else {
            &[]
        }
    }

    /// Goes on through a view's whole list, up to the event that the filter has not looked at yet.
    fn go_on(&mut self, whole: List<'_>, found: &[u64], until: u64) {
        while let Some(index) = whole.index_at(self.seen).filter(|index| *index < until) {
            let rest = found.get(self.passed..).unwrap_or_default();
            self.passed += rest.iter().take_while(|one| **one < index).count();
            if found.get(self.passed) == Some(&index) {
                self.places.push(self.seen);
                self.indices.push(index);
            }
            self.seen += 1;
        }
    }
}

impl State {
    /// Brings the rows that match up to date; costs nothing when they are.
    pub(in crate::tui) fn pick(&mut self) {
        let Some(mut matching) = self.matching.take() else {
            return;
        };
        if self.view.has_rows_that_are_events() {
            let picked = &mut matching.picked;
            if picked.view != Some(self.view) {
                *picked = Picked {
                    view: Some(self.view),
                    ..Picked::default()
                };
            }
            let until = matching.looked(&self.book);
            let found = &matching.found;
            matching.picked.go_on(self.whole_list(), found, until);
        }
        self.matching = Some(matching);
    }

    /// The lists are other ones: what was picked of them is not valid any more.
    pub(super) fn pick_anew(&mut self) {
        if let Some(matching) = &mut self.matching {
            matching.picked = Picked::default();
        }
    }

    /// The place in the view's whole list of what stands in a row.
    pub(in crate::tui) fn place_of(&self, row: u64) -> Option<usize> {
        let matching = self.matching.as_ref();
        let place = match matching.filter(|_| self.view.has_rows_that_are_events()) {
            Some(matching) => *matching.picked.places.get(usize::try_from(row).ok()?)?,
            None => row,
        };
        usize::try_from(place).ok()
    }
}
