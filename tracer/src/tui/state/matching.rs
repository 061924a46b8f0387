//! A filter or search at work: which events match, as far as it has come, and which rows of a view that are.

use super::picked::Picked;
use crate::event::Event;
use crate::tui::book::Book;
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
    /// The rows of a view that match.
    pub(super) picked: Picked,
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
            picked: Picked::default(),
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

    /// Events that were looked at.
    pub(super) fn looked(&self, book: &Book) -> u64 {
        book.first_of(self.frame) + self.part as u64
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
