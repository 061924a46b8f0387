//! Lists: which event stands in which row, with and without a filter.

use super::{State, View};
use crate::event::Event;
use crate::tui::book::Book;
use crate::tui::digest::things::{Mapped, Word};
use crate::view::filter::Filter;
use crate::view::roles::Roles;
use crate::view::scene::Scene;

/// Matches kept; a filter that lets more through shows the first ones and says so.
const MAX_MATCHES: usize = 4_000_000;

/// A filter at work: matches so far, and how far it has come.
#[derive(Clone, Debug)]
pub(in crate::tui) struct Matching {
    pub(in crate::tui) text: String,
    filter: Filter,
    /// The scene is told of every event.
    told: bool,
    /// Indices of the events that match, in order.
    pub(in crate::tui) found: Vec<u64>,
    frame: usize,
    /// Events looked at of the frame that still grows.
    part: usize,
    /// It went through the whole recording, or gave up at the limit.
    pub(in crate::tui) done: bool,
}

impl Matching {
    pub(in crate::tui) fn new(text: String, filter: Filter) -> Self {
        Self {
            text,
            told: filter.asks_for_the_story(),
            filter,
            found: Vec::new(),
            frame: 0,
            part: 0,
            done: false,
        }
    }

    /// The same question, nothing looked at yet.
    pub(in crate::tui) fn anew(&self) -> Self {
        Self::new(self.text.clone(), self.filter.clone())
    }

    /// Its filter names roles.
    pub(in crate::tui) fn asks_for_roles(&self) -> bool {
        self.filter.asks_for_roles()
    }

    /// The recording has grown.
    pub(super) fn goes_on(&mut self) {
        self.done = self.found.len() >= MAX_MATCHES;
    }

    /// The share of the recording that was looked through, in per cent; `None` when all was.
    pub(in crate::tui) fn progress(&self, book: &Book) -> Option<usize> {
        (!self.done).then(|| self.frame * 100 / book.frames().max(1))
    }

    /// Looks through one more frame of those that were read; false when there is none.
    pub(in crate::tui) fn step(&mut self, book: &mut Book, roles: &Roles) -> bool {
        if self.done {
            return false;
        }
        self.pass_over(book, roles);
        let whole = self.frame < book.read_through();
        let grows = !whole && self.frame + 1 == book.frames() && book.recording().grows();
        if !whole && !grows {
            self.done = self.frame >= book.frames();
            return false;
        }
        let first = book.first_of(self.frame);
        let mut scene = book
            .scene_before(self.frame)
            .with_roles(Roles::clone(roles));
        if let Some(leaf) = book.leaf(self.frame) {
            for (at, event) in leaf.page.events.iter().enumerate() {
                let takes = self.takes(event, &mut scene);
                if takes && at >= self.part {
                    self.found.push(first + at as u64);
                }
            }
            self.part = leaf.page.events.len();
        }
        if whole {
            self.frame += 1;
            self.part = 0;
        }
        self.done = grows || self.frame >= book.frames() || self.found.len() >= MAX_MATCHES;
        true
    }

    /// Goes on to the first frame that may hold a match, by what the index says. None of them is decoded.
    fn pass_over(&mut self, book: &mut Book, roles: &Roles) {
        let origin = book.origin();
        while self.part == 0 && self.frame < book.read_through() {
            let stretch = book.stretch(self.frame);
            if stretch.is_none_or(|stretch| self.filter.may_match(&stretch, roles, origin)) {
                return;
            }
            self.frame += 1;
        }
    }

    fn takes(&self, event: &Event, scene: &mut Scene) -> bool {
        if !self.told {
            return self.filter.matches(event, scene);
        }
        scene.before(event);
        let takes = self.filter.matches(event, scene);
        scene.after(event);
        takes
    }
}

/// Rows in order of their events; nothing is copied.
#[derive(Clone, Copy)]
enum List<'a> {
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

    fn index_at(self, row: u64) -> Option<u64> {
        let at = usize::try_from(row).ok()?;
        match self {
            Self::All(total) => (row < total).then_some(row),
            Self::Indices(list) => list.get(at).copied(),
            Self::Lanes(list) => list.get(at).map(|lane| lane.0),
            Self::Words(list) => list.get(at).map(|word| word.index),
            Self::Mapped(list) => list.get(at).map(|mapped| mapped.index),
        }
    }

    fn row_of(self, index: u64) -> u64 {
        let past = match self {
            Self::All(_) => return index,
            Self::Indices(list) => list.partition_point(|one| *one <= index),
            Self::Lanes(list) => list.partition_point(|lane| lane.0 <= index),
            Self::Words(list) => list.partition_point(|word| word.index <= index),
            Self::Mapped(list) => list.partition_point(|mapped| mapped.index <= index),
        };
        past.saturating_sub(1) as u64
    }
}

impl State {
    /// The list that this view shows.
    fn list(&self) -> List<'_> {
        match (self.view, &self.matching) {
            (View::Log, _) => List::Words(&self.digest.words.list),
            (View::Calls, _) => List::Indices(&self.digest.calls),
            (View::Processes, _) => List::Lanes(&self.digest.order),
            (View::Libraries, _) => List::Mapped(&self.digest.libraries.list),
            (_, Some(matching)) => List::Indices(&matching.found),
            (_, None) => List::All(self.book.total()),
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
        self.list().row_of(index)
    }

    /// Those until the play head.
    pub(in crate::tui) fn rows_by_now(&self) -> u64 {
        let row = self.row_of(self.head);
        let happened = self.index_at(row).is_some_and(|index| index <= self.head);
        row + u64::from(happened)
    }

    /// This view shows what there is, not what was said or done: what begins later is not there yet.
    pub(in crate::tui) const fn is_hidden(&self, index: u64) -> bool {
        matches!(self.view, View::Processes | View::Libraries) && index > self.head
    }

    /// Moves to the next or the last match of the search.
    pub(in crate::tui) fn found(&mut self, forward: bool) {
        let Some(search) = &self.search else {
            self.message = "nothing to search for: / asks".to_owned();
            return;
        };
        let list = &search.found;
        let target = if forward {
            list.get(list.partition_point(|one| *one <= self.head))
        } else {
            let before = list.partition_point(|one| *one < self.head);
            before.checked_sub(1).and_then(|at| list.get(at))
        };
        match target.copied() {
            Some(index) => self.go(index),
            None if search.done => {
                self.message = format!("no match for {:?} in that direction", search.text)
            }
            None => self.message = "still searching".to_owned(),
        }
    }
}
