//! What was known by the play head, and no more: the fold of the events until then, and what the rules say of it.
//!
//! ```text
//! waypoint before the play head -> fold on, a frame a slice -> model -> rules -> Told
//! ```
//!
//! What is near and small is made at once, when it is drawn. What is far is folded in slices between two keys, and of what is
//! large the conclusion is drawn on a thread of its own: until then the screen shows the last one that is known and says so.

use std::rc::Rc;
use std::sync::Arc;

use super::conclusion::{Drawing, draw};
use super::told::Told;
use super::{Explain, State};
use crate::discover::events::Discovery;
use crate::tui::book::Book;
use crate::tui::digest::waypoints::Waypoints;

/// Events that are folded while a screen is drawn.
const NEAR: u64 = 8_192;
/// So many events before the play head another copy of the fold is kept.
const BEHIND: u64 = NEAR / 2;
/// Entries of a fold whose model takes some milliseconds.
const SMALL: usize = 20_000;

/// The fold that was made last.
#[derive(Debug)]
pub(in crate::tui) struct SoFar {
    fold: Arc<Discovery>,
    /// Events in it; `None` before the first.
    taken: Option<u64>,
    /// A conclusion from it, or from one before it.
    drawing: Option<Drawing>,
    /// The fold as it was some events before, for who goes back step by step.
    behind: Option<(u64, Arc<Discovery>)>,
    /// What was told last, and of how many events.
    told: Rc<Told>,
    told_of: Option<u64>,
    /// Somebody looks at this many events and sees that they are worked on.
    asked: Option<u64>,
    /// Entries of a fold whose model is made while a screen is drawn.
    small: usize,
}

impl Default for SoFar {
    fn default() -> Self {
        Self {
            fold: Arc::default(),
            taken: None,
            drawing: None,
            behind: None,
            told: Rc::default(),
            told_of: None,
            asked: None,
            small: SMALL,
        }
    }
}

/// Stands where something is not known yet.
pub(in crate::tui) const WORKING_OUT: &str = "working out what was known by here";

/// What a screen shows of the explanation.
#[derive(Clone, Debug)]
pub(in crate::tui) struct Shown {
    pub(in crate::tui) told: Rc<Told>,
    pub(in crate::tui) standing: Standing,
}

/// Of which events it speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::tui) enum Standing {
    /// Of all, and the play head is at the last of them.
    Whole,
    /// Of all: so it opens.
    Opening,
    /// Of those until the play head.
    SoFar,
    /// The same at the end of a recording that goes on.
    Live,
    /// Of others, until those are worked out.
    WorkingOut,
}

impl SoFar {
    /// Makes folds large that are small, for a test.
    #[cfg(test)]
    pub(in crate::tui) const fn is_large_from(&mut self, entries: usize) {
        self.small = entries;
    }

    /// Goes to where the fold of so many events begins: this one goes on, or a place before it is taken.
    fn begin(&mut self, until: u64, book: &Book, waypoints: &Waypoints) -> u64 {
        let behind = self.behind.as_ref().filter(|(done, _)| *done <= until);
        let known = behind.into_iter().chain(waypoints.before(until));
        let known = known.max_by_key(|(done, _)| *done);
        let (done, fold) = match (self.taken.filter(|taken| *taken <= until), known) {
            (Some(own), None) => return own,
            (Some(own), Some((known, _))) if *known <= own => return own,
            (_, Some((done, fold))) => (*done, Arc::clone(fold)),
            (None, None) => (0, Arc::new(Discovery::new(book.recording().header()))),
        };
        self.fold = fold;
        self.taken = Some(done);
        done
    }

    /// Takes what one frame has of them; true when all are taken.
    fn advance(&mut self, until: u64, book: &mut Book, waypoints: &Waypoints) -> bool {
        let taken = self.begin(until, book, waypoints);
        if taken >= until {
            return true;
        }
        let Some((frame, at)) = book.place(taken) else {
            return true;
        };
        let stop = until.saturating_sub(BEHIND);
        let to = if taken < stop { stop } else { until };
        if let Some(leaf) = book.leaf(frame) {
            let wanted = usize::try_from(to - taken).unwrap_or(usize::MAX);
            let fold = Arc::make_mut(&mut self.fold);
            for event in leaf.page.events.iter().skip(at).take(wanted) {
                fold.push(event);
            }
        }
        // A damaged frame has fewer events than the index says.
        let taken = to.min(book.first_of(frame + 1));
        self.taken = Some(taken);
        if taken == stop {
            self.behind = Some((taken, Arc::clone(&self.fold)));
        }
        taken >= until
    }

    /// Draws the conclusion from the fold of so many events, at once.
    fn conclude(&mut self, until: u64, book: &Book, explain: Explain) {
        let told = draw(&self.fold, book.recording().is_damaged(), explain);
        self.concluded(until, told);
    }

    fn concluded(&mut self, until: u64, told: Told) {
        self.told = Rc::new(told);
        self.told_of = Some(until);
        self.asked = self.asked.filter(|asked| *asked != until);
    }

    /// Goes on with what is being drawn; false when nothing is.
    fn draw_on(&mut self) -> bool {
        let Some(drawing) = self.drawing.take() else {
            return false;
        };
        match drawing.wait() {
            Ok((until, told)) => self.concluded(until, told),
            Err(drawing) => self.drawing = Some(drawing),
        }
        true
    }
}

impl State {
    /// What the screen shows of the explanation: the whole where it opens and at the end, else what was known by the play head.
    pub(in crate::tui) fn shown(&mut self) -> Shown {
        let total = self.book.total();
        let until = self.head.saturating_add(1).min(total);
        if self.is_complete() {
            let standing = match (until >= total, self.opening) {
                (true, _) => Some(Standing::Whole),
                (false, true) => Some(Standing::Opening),
                (false, false) => None,
            };
            if let Some(standing) = standing {
                let told = self.told();
                return Shown { told, standing };
            }
        }
        let reading = self.reading.as_ref().unwrap_or(&self.digest);
        let so_far = &mut self.so_far;
        let read = until <= reading.done || reading.finished(&self.book);
        if so_far.told_of != Some(until) && read && so_far.drawing.is_none() {
            let begin = so_far.begin(until, &self.book, &reading.waypoints);
            if until - begin <= NEAR && so_far.fold.kept() < so_far.small {
                while !so_far.advance(until, &mut self.book, &reading.waypoints) {}
                so_far.conclude(until, &self.book, self.explain);
            }
        }
        let fresh = so_far.told_of == Some(until);
        so_far.asked = (!fresh).then_some(until);
        Shown {
            told: Rc::clone(&so_far.told),
            standing: match (fresh, until >= total) {
                (false, _) => Standing::WorkingOut,
                (true, true) => Standing::Live,
                (true, false) => Standing::SoFar,
            },
        }
    }

    /// Works a slice on what the screen waits for; false when there is nothing to do now.
    pub(super) fn fold_on(&mut self) -> bool {
        let reading = self.reading.as_ref().unwrap_or(&self.digest);
        let so_far = &mut self.so_far;
        if so_far.draw_on() {
            return true;
        }
        let Some(until) = so_far.asked else {
            return false;
        };
        if until != self.head.saturating_add(1).min(self.book.total()) {
            // The play head went on; who looks at it asks again.
            so_far.asked = None;
            return false;
        }
        if until > reading.done && !reading.finished(&self.book) {
            return false;
        }
        if so_far.advance(until, &mut self.book, &reading.waypoints) {
            let damaged = self.book.recording().is_damaged();
            if so_far.fold.kept() >= so_far.small
                && let Ok(drawing) = Drawing::begin(&so_far.fold, until, damaged, self.explain)
            {
                so_far.drawing = Some(drawing);
            } else {
                so_far.conclude(until, &self.book, self.explain);
            }
        }
        true
    }

    /// The screen waits for what is worked out.
    pub(in crate::tui) const fn is_waiting(&self) -> bool {
        self.so_far.asked.is_some()
    }
}
