//! What the viewer knows of itself: view, play head, filter, search, prompt. Changed by actions only, no I/O.

mod complete;
mod conclusion;
mod keyboard;
mod limits;
mod list;
pub(super) mod matching;
mod moves;
mod picked;
pub(super) mod play;
pub(super) mod prompt;
pub(super) mod report;
pub(super) mod snapshot;
pub(super) mod so_far;
mod time;
pub(super) mod told;
mod understanding;
mod view;

use ratatui::layout::Rect;

use super::book::Book;
use super::digest::Digest;
use super::draw::Scale;
use super::keys::Action;
use super::recording::Recording;
use crate::diagnose::Explanation;
use crate::discover::Model;
use crate::event::Event;
use crate::view::Looks;
use crate::view::roles::Roles;
use crate::view::scene::Scene;

use matching::Matching;
use play::Play;
use prompt::Prompt;
use report::Request;
use so_far::SoFar;
use understanding::Understanding;

pub(super) use keyboard::Keyboard;
pub use view::View;

/// Turns a model into its explanation; given by the command, so that a test can give another.
pub type Explain = fn(&Model) -> Explanation;

/// Everything.
pub struct State {
    pub(super) book: Book,
    pub(super) digest: Digest,
    /// The pass behind what is known from before.
    reading: Option<Digest>,
    /// What the pass gave was offered to be kept.
    kept: bool,
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
    /// Where the view was drawn last.
    pub(super) body: Rect,
    /// Row of the body where the list began when it was last drawn.
    pub(super) list_at: u16,
    /// Columns of a list's texts that have gone out at the left.
    pub(super) left: u16,
    /// First line of the detail.
    pub(super) detail_top: usize,
    /// Stretch of time of the timeline, nanoseconds since the begin; `None` shows all.
    pub(super) zoom: Option<(u64, u64)>,
    /// Stretches in which nothing happens are left out.
    pub(super) compress: bool,
    /// How time lay on the columns when the timeline was last drawn.
    pub(super) scale: Scale,
    /// The first lane of the timeline on the screen.
    pub(super) lane_top: usize,
    /// The play head stays at the end of a recording that grows.
    pub(super) follow: bool,
    pub(super) keyboard: Keyboard,
    pub(super) message: String,
    pub(super) quit: bool,
    suspend: bool,
    request: Option<Request>,
    pub(super) looks: Looks,
    seen_now: u64,
    explain: Explain,
    understood: Option<Understanding>,
    /// What was known by the play head.
    pub(super) so_far: SoFar,
    /// The play head was moved by the user, so the first cause does not move it any more.
    moved: bool,
    /// It stands where it was put at first, with the whole answer beside it.
    opening: bool,
}

impl State {
    /// Opens a recording.
    #[must_use]
    pub fn new(recording: Box<dyn Recording>, looks: Looks, explain: Explain) -> Self {
        Self {
            book: Book::new(recording),
            digest: Digest::default(),
            reading: None,
            kept: false,
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
            body: Rect::default(),
            list_at: 0,
            left: 0,
            detail_top: 0,
            zoom: None,
            compress: false,
            scale: Scale::default(),
            lane_top: 0,
            follow: false,
            keyboard: Keyboard::default(),
            message: String::new(),
            quit: false,
            suspend: false,
            request: None,
            looks,
            seen_now: 0,
            explain,
            understood: None,
            so_far: SoFar::default(),
            moved: false,
            opening: false,
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

    /// Does a slice of what is still to be read and matched; false when there is nothing left. A filter follows the
    /// reading, so its first matches are there before all is read.
    pub fn work(&mut self) -> bool {
        let read = self.read_on();
        let matched = self.match_on(read);
        self.fold_on() || matched || read
    }

    fn read_on(&mut self) -> bool {
        if let Some(mut reading) = self.reading.take() {
            reading.step(&mut self.book);
            if reading.finished(&self.book) {
                self.digest = reading;
                self.understood = None;
                self.pick_anew();
            } else {
                self.reading = Some(reading);
            }
            return true;
        }
        if self.digest.step(&mut self.book) {
            if self.digest.finished(&self.book) {
                self.open_at_the_cause();
            }
            return true;
        }
        if !self.moved && self.head == 0 {
            self.open_at_the_cause();
        }
        false
    }

    fn match_on(&mut self, reading: bool) -> bool {
        let asks = [&self.matching, &self.search];
        let asks_for_roles = asks.into_iter().flatten().any(Matching::asks_for_roles);
        // Who is what is known when all was read, or from before.
        let known = !reading || self.reading.is_some() || self.progress().is_none();
        let roles = if asks_for_roles && known {
            self.roles()
        } else {
            Roles::default()
        };
        let mut worked = false;
        for matching in [&mut self.matching, &mut self.search].into_iter().flatten() {
            if known || !matching.asks_for_roles() {
                worked |= matching.step(&mut self.book, &roles);
            }
        }
        self.pick();
        worked
    }

    /// An event, its raw line, and the scene to describe it in, which knows the roles of processes.
    pub(super) fn event(&mut self, index: u64) -> Option<(Event, String, Scene)> {
        let (event, raw, scene) = self.book.event(index)?;
        Some((event, raw, scene.with_roles(self.roles())))
    }

    /// The share of the recording that was read, in per cent; `None` when all was.
    pub(super) fn progress(&self) -> Option<u64> {
        if self.digest.finished(&self.book) {
            // A damaged frame has fewer events than the index says.
            return None;
        }
        let total = self.book.total();
        let done = self.digest.done.min(total);
        (done < total).then(|| done.saturating_mul(100) / total.max(1))
    }

    /// All was read, and nothing is added to it.
    pub(super) fn is_complete(&self) -> bool {
        self.progress().is_none() && !self.book.recording().grows()
    }

    /// Does what a key asks for.
    pub fn act(&mut self, action: Action) {
        self.message.clear();
        self.pick();
        match action {
            Action::Quit => self.quit = true,
            Action::Help => self.help = !self.help,
            Action::Back => self.back(),
            Action::Show(view) => {
                self.view = view;
                self.scroll = 0;
                self.left = 0;
                self.top = 0;
                self.pick();
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
            Action::NextBackend => self.backend(true),
            Action::PreviousBackend => self.backend(false),
            Action::Play => self.play_or_pause(),
            Action::Faster => self.play.faster(self.digest.last),
            Action::Slower => self.play.slower(self.digest.last),
            Action::Detail => self.detail = !self.detail,
            Action::Filter => self.prompt = Some(Prompt::filter(self.matching.as_ref())),
            Action::Search => self.prompt = Some(Prompt::search()),
            Action::Jump => self.prompt = Some(Prompt::jump()),
            Action::Write => self.ask_for_a_file(),
            Action::NextMatch => self.found(true),
            Action::PreviousMatch => self.found(false),
            Action::ZoomIn => self.zoom_by(2),
            Action::ZoomOut => self.zoom_out(),
            Action::Earlier => self.sideways(false),
            Action::Later => self.sideways(true),
            Action::DetailDown => self.detail_top = self.detail_top.saturating_add(1),
            Action::DetailUp => self.detail_top = self.detail_top.saturating_sub(1),
            Action::HandKeyboard => self.hand_keyboard(),
            Action::Compress => self.compress = !self.compress,
            Action::Click { row, column } => self.click(row, column),
        }
    }
}
