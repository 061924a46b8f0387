//! What the viewer knows of itself: view, play head, filter, search, prompt. Changed by actions only, no I/O.

pub(super) mod list;
pub(super) mod play;
pub(super) mod prompt;

use std::collections::BTreeMap;
use std::rc::Rc;

use super::book::Book;
use super::digest::{Digest, Mark};
use super::keys::Action;
use super::recording::Recording;
use crate::diagnose::Explanation;
use crate::discover::Model;
use crate::view::Looks;

use list::Matching;
use play::Play;
use prompt::Prompt;

/// The views.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum View {
    /// Verdicts and the health of the trace.
    Overview,
    /// Lanes over time.
    Timeline,
    /// All events, with the detail of the one under the play head.
    #[default]
    Events,
    /// The words of the processes.
    Log,
    /// The process tree.
    Processes,
    /// Which libraries are mapped.
    Libraries,
    /// The driver's diary.
    Calls,
}

impl View {
    /// All, in the order of their keys.
    pub const ALL: [Self; 7] = [
        Self::Overview,
        Self::Timeline,
        Self::Events,
        Self::Log,
        Self::Processes,
        Self::Libraries,
        Self::Calls,
    ];

    /// Its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Overview => "Overview",
            Self::Timeline => "Timeline",
            Self::Events => "Events",
            Self::Log => "Log",
            Self::Processes => "Processes",
            Self::Libraries => "Libraries",
            Self::Calls => "Calls",
        }
    }
}

/// Rows that stay visible above and below the play head.
const MARGIN: u64 = 4;

/// Turns a model into its explanation; given by the command, so that a test can give another.
pub type Explain = fn(&Model) -> Explanation;

/// Everything.
pub struct State {
    pub(super) book: Book,
    pub(super) digest: Digest,
    pub(super) view: View,
    /// Index of the event under the play head.
    pub(super) head: u64,
    /// Row of the list at the top of the screen.
    pub(super) top: u64,
    /// Rows that the list had when it was last drawn.
    pub(super) height: u64,
    pub(super) matching: Option<Matching>,
    pub(super) search: Option<Matching>,
    pub(super) prompt: Option<Prompt>,
    pub(super) play: Play,
    pub(super) help: bool,
    pub(super) detail: bool,
    /// First line of a text pane.
    pub(super) scroll: u16,
    /// Stretch of time of the timeline, nanoseconds since the begin; `None` shows all.
    pub(super) zoom: Option<(u64, u64)>,
    /// Stretches in which nothing happens are left out.
    pub(super) compress: bool,
    pub(super) message: String,
    pub(super) quit: bool,
    suspend: bool,
    pub(super) looks: Looks,
    seen_now: u64,
    explain: Explain,
    explained: Option<(u64, Rc<Explanation>)>,
    roles: Rc<BTreeMap<u32, String>>,
    /// The play head was moved by the user, so the first cause does not move it any more.
    moved: bool,
}

impl State {
    /// Opens a recording.
    #[must_use]
    pub fn new(recording: Box<dyn Recording>, looks: Looks, explain: Explain) -> Self {
        Self {
            book: Book::new(recording),
            digest: Digest::default(),
            view: View::default(),
            head: 0,
            top: 0,
            height: 20,
            matching: None,
            search: None,
            prompt: None,
            play: Play::default(),
            help: false,
            detail: true,
            scroll: 0,
            zoom: None,
            compress: false,
            message: String::new(),
            quit: false,
            suspend: false,
            looks,
            seen_now: 0,
            explain,
            explained: None,
            roles: Rc::default(),
            moved: false,
        }
    }

    /// The user wants the process stopped for a while.
    pub(super) const fn ask_suspend(&mut self) {
        self.suspend = true;
    }

    /// Asked once, that is so.
    pub(super) const fn suspended(&mut self) -> bool {
        std::mem::replace(&mut self.suspend, false)
    }

    /// The user wants to leave.
    #[must_use]
    pub const fn is_over(&self) -> bool {
        self.quit
    }

    /// Does a slice of what is still to be read or matched; false when there is nothing left.
    pub fn work(&mut self) -> bool {
        if self.digest.step(&mut self.book) {
            if self.digest.finished(&self.book) {
                self.open_at_the_cause();
            }
            return true;
        }
        if !self.moved && self.head == 0 {
            self.open_at_the_cause();
        }
        let mut worked = false;
        for matching in [&mut self.matching, &mut self.search].into_iter().flatten() {
            worked |= matching.step(&mut self.book);
        }
        worked
    }

    /// The share of the recording that was read, in per cent; `None` when all was.
    pub(super) fn progress(&self) -> Option<u64> {
        let total = self.book.total();
        let done = self.digest.done.min(total);
        (done < total).then(|| done.saturating_mul(100) / total.max(1))
    }

    /// Moves the play head to the first cause of the first backend that is not used.
    fn open_at_the_cause(&mut self) {
        if self.moved {
            return;
        }
        self.moved = true;
        let explanation = self.explanation();
        let cause = explanation
            .backends
            .iter()
            .flat_map(|backend| backend.findings.iter().take(1))
            .flat_map(|finding| &finding.evidence)
            .find_map(|evidence| match evidence.at {
                crate::discover::model::At::Event(seq) => Some(seq.0),
                _ => None,
            });
        let target = match cause {
            Some(seq) => self.index_of(seq),
            None => self.digest.failures.first().copied(),
        };
        if let Some(index) = target {
            self.go(index);
        }
    }

    /// Index of an event by its number.
    fn index_of(&mut self, seq: u64) -> Option<u64> {
        // Numbers have no gaps but where events were lost, so the place is at or before it.
        let mut index = seq.checked_sub(1)?.min(self.book.total().checked_sub(1)?);
        for _ in 0..4_096 {
            let found = self.book.event(index)?.0.seq.0;
            if found <= seq {
                return Some(index);
            }
            index = index.checked_sub(1)?;
        }
        None
    }

    /// What is known of the backends by the end.
    pub(super) fn explanation(&mut self) -> Rc<Explanation> {
        self.understand();
        self.explained
            .as_ref()
            .map_or_else(Rc::default, |(_, known)| Rc::clone(known))
    }

    /// What each process is to the discovery, by its number.
    pub(super) fn roles(&mut self) -> Rc<BTreeMap<u32, String>> {
        self.understand();
        Rc::clone(&self.roles)
    }

    /// Makes model and explanation anew when there is more to know. While a long recording is read the first ones stay:
    /// each costs a pass over all that was kept.
    fn understand(&mut self) {
        let done = self.digest.done;
        let known = self.explained.as_ref().map(|(at, _)| *at);
        if known == Some(done) || (known.is_some() && self.progress().is_some()) {
            return;
        }
        let model = self.digest.model();
        let roles = model.roles.iter();
        self.roles = Rc::new(
            roles
                .map(|(process, role)| (process.number, role.to_string()))
                .collect(),
        );
        self.explained = Some((done, Rc::new((self.explain)(&model))));
    }

    /// Puts the play head on an event.
    pub(super) fn go(&mut self, index: u64) {
        self.head = index.min(self.book.total().saturating_sub(1));
        self.moved = true;
        self.show_head();
    }

    /// The list has this many rows on the screen.
    pub(super) fn sized(&mut self, height: u16) {
        let height = u64::from(height);
        if self.height != height {
            self.height = height;
            self.show_head();
        }
    }

    /// Scrolls so that the play head is on the screen.
    fn show_head(&mut self) {
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

    /// Does what a key asks for.
    pub fn act(&mut self, action: Action) {
        self.message.clear();
        match action {
            Action::Quit => self.quit = true,
            Action::Help => self.help = !self.help,
            Action::Back => self.back(),
            Action::Show(view) => {
                self.view = view;
                self.scroll = 0;
                self.top = 0;
                self.show_head();
            }
            Action::NextView => self.turn(1),
            Action::PreviousView => self.turn(View::ALL.len() - 1),
            Action::Down(rows) => self.step(i64::from(rows)),
            Action::Up(rows) => self.step(-i64::from(rows)),
            Action::PageDown => self.step(self.page()),
            Action::PageUp => self.step(-self.page()),
            Action::First => self.step(i64::MIN),
            Action::Last => self.step(i64::MAX),
            Action::NextFailure => self.failure(true),
            Action::PreviousFailure => self.failure(false),
            Action::Play => self.play.toggle(),
            Action::Faster => self.play.faster(),
            Action::Slower => self.play.slower(),
            Action::Detail => self.detail = !self.detail,
            Action::Filter => self.prompt = Some(Prompt::filter(self.matching.as_ref())),
            Action::Search => self.prompt = Some(Prompt::search()),
            Action::Jump => self.prompt = Some(Prompt::jump()),
            Action::NextMatch => self.found(true),
            Action::PreviousMatch => self.found(false),
            Action::ZoomIn => self.zoom_by(2),
            Action::ZoomOut => self.zoom_out(),
            Action::Compress => self.compress = !self.compress,
            Action::Click { row, column, width } => self.click(row, column, width),
        }
    }

    fn back(&mut self) {
        if self.help {
            self.help = false;
        } else if self.matching.is_some() {
            self.matching = None;
            self.show_head();
        } else if self.search.is_some() {
            self.search = None;
        }
    }

    fn turn(&mut self, by: usize) {
        let at = View::ALL
            .iter()
            .position(|view| *view == self.view)
            .unwrap_or(0);
        let next = View::ALL.get((at + by) % View::ALL.len()).copied();
        self.act(Action::Show(next.unwrap_or_default()));
    }

    fn page(&self) -> i64 {
        i64::try_from(self.height.saturating_sub(1).max(1)).unwrap_or(1)
    }

    /// Moves the play head by rows of this view's list, or scrolls a text.
    fn step(&mut self, by: i64) {
        if self.view == View::Overview {
            let by = by.clamp(-10_000, 10_000);
            let to = i64::from(self.scroll).saturating_add(by).clamp(0, 10_000);
            self.scroll = u16::try_from(to).unwrap_or(0);
            return;
        }
        let rows = self.rows();
        let row = self.row_of(self.head);
        let to = match by {
            i64::MIN => 0,
            i64::MAX => rows.saturating_sub(1),
            _ => row.saturating_add_signed(by).min(rows.saturating_sub(1)),
        };
        if let Some(index) = self.index_at(to) {
            self.go(index);
        }
    }

    fn failure(&mut self, forward: bool) {
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

    /// The moment under the play head, nanoseconds since the begin.
    pub(super) fn now(&mut self) -> u64 {
        let time = self.book.event_time(self.head).unwrap_or(0);
        let origin = self
            .book
            .recording()
            .header()
            .map(|header| header.clock.boot.0);
        self.seen_now = time.saturating_sub(origin.unwrap_or(0));
        self.seen_now
    }

    /// The moment under the play head without decoding anything: the last one that was looked at.
    pub(super) fn book_time(&self) -> u64 {
        self.seen_now
    }

    /// Lets `nanos` of real time go by.
    pub fn pass(&mut self, nanos: u64) {
        if !self.play.playing {
            return;
        }
        let now = self.play.clock.unwrap_or_else(|| self.now());
        let then = self.play.after(now, nanos);
        self.play.clock = Some(then);
        let origin = self
            .book
            .recording()
            .header()
            .map(|header| header.clock.boot.0);
        let next = self
            .book
            .at_time(origin.unwrap_or(0).saturating_add(then).saturating_add(1));
        let last = self.book.total().saturating_sub(1);
        let reached = if then >= self.digest.last {
            last
        } else {
            next.saturating_sub(1)
        };
        if reached > self.head {
            self.go(reached);
        }
        if self.head >= last {
            self.play.stop();
        }
    }

    /// The stretch of time that the timeline shows, nanoseconds since the begin.
    pub(super) fn window(&self) -> (u64, u64) {
        self.zoom.unwrap_or_else(|| (0, self.digest.last.max(1)))
    }

    fn zoom_by(&mut self, factor: u64) {
        let (from, to) = self.window();
        let width = (to - from) / factor;
        let now = self.now();
        if width >= 1_000 {
            let from = now.saturating_sub(width / 2);
            self.zoom = Some((from, from + width));
        }
    }

    fn zoom_out(&mut self) {
        let Some((from, to)) = self.zoom else { return };
        let width = (to - from).saturating_mul(2);
        let now = self.now();
        let from = now.saturating_sub(width / 2);
        self.zoom = (width < self.digest.last).then_some((from, from + width));
    }

    /// A click into the body: a row of a list, or a moment of the timeline.
    fn click(&mut self, row: u16, column: u16, width: u16) {
        if self.view == View::Timeline {
            let (from, to) = self.window();
            let share = u64::from(column).saturating_mul(to - from) / u64::from(width.max(1));
            let origin = self
                .book
                .recording()
                .header()
                .map(|header| header.clock.boot.0);
            let index = self.book.at_time(origin.unwrap_or(0) + from + share);
            self.go(index);
        } else if let Some(index) = self.index_at(self.top + u64::from(row)) {
            self.go(index);
        }
    }

    /// Marks of one kind before the play head, on one lane.
    pub(super) fn marked(&self, lane: u32, kind: Mark) -> usize {
        self.digest
            .marks
            .iter()
            .filter(|(of, _, mark, index)| *of == lane && *mark == kind && *index <= self.head)
            .count()
    }
}
