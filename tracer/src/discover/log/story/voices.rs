//! Who speaks: gives raw text, and lines of a runner's own log, to the process that wrote them.
//!
//! Nothing in the text names its process. It is of the only attempt that is under way, and of that one's process that is
//! running; with several attempts at once nobody can tell. Outside of attempts it is of the model that was started last, of
//! a plain ggml program, or of the server itself before 0.12.

use super::Story;
use super::attempts::Open;
use crate::discover::log::raw;
use crate::discover::log::room::shortened;
use crate::discover::model::{Child, Evidence, Folder, Line};
use crate::discover::role::{Role, Step};
use crate::discover::slog::values::base_name;
use crate::event::Text;

/// Most folders that are kept of one runner's walk.
const MOST_WALKED: usize = 64;

impl Story {
    /// Raw text: of the only attempt under way, of the model or program that runs, or of a server before 0.12.
    pub(super) fn hear(&mut self, number: u64, text: &str) {
        let seen = Evidence::line(number, text);
        self.told_by_load(text, &seen);
        let child = match self.open.as_slice() {
            [] => match self.speaker {
                Some(speaker) => Some(speaker),
                None if self.has_records => match self.model_words(text, &seen) {
                    Some(child) => Some(child),
                    None => return self.old_raw(text, &seen),
                },
                None => self.program(),
            },
            [open] => {
                let (attempt, step) = (open.attempt, self.speaking(*open, text));
                self.step(attempt, step);
                self.child(attempt, step)
            }
            _ => None,
        };
        self.say(child, text, &seen);
    }

    /// A line of a runner's own log: its words, and the folders that it walks.
    pub(super) fn child_record(&mut self, number: u64, line: &Line, text: &Text) {
        let seen = Evidence::line(number, shortened(text.as_str()));
        let child = match self.open.as_slice() {
            [] => self.speaker.or_else(|| self.model_speaks(line, &seen)),
            [open] => {
                let (attempt, step) = (open.attempt, open.step);
                self.child(attempt, step)
            }
            _ => None,
        };
        self.say(child, text.as_str(), &seen);
        let walked = line
            .field("path")
            .filter(|_| line.message.as_str() == "ggml backend load all from path");
        if let Some(path) = walked
            && let Some(child) = child.and_then(|child| self.model.children.get_mut(child))
            && child.walked.len() < MOST_WALKED
        {
            child.walks.push(1);
            child.walked.push(Folder {
                name: Text::from(base_name(path)),
                path: Text::from(path),
                seen: Some(seen),
                ..Folder::default()
            });
        }
    }

    /// Gives a child its words.
    pub(super) fn say(&mut self, child: Option<usize>, text: &str, seen: &Evidence) {
        let text = shortened(text);
        let Some(child) = child.and_then(|child| self.model.children.get_mut(child)) else {
            return;
        };
        if self.room.take(3 * text.len()) {
            raw::hear(child, text, seen);
        }
    }

    /// A list is over where a line follows that is none of its own: the probe speaks then.
    fn speaking(&self, open: Open, text: &str) -> Step {
        let attempt = self.model.attempts.get(open.attempt);
        let answered = attempt.is_some_and(|attempt| {
            self.model
                .children_of(attempt)
                .any(|child| child.role.step() == Some(Step::List) && child.answer.is_some())
        });
        if open.step == Step::List && answered && !raw::is_of_list(text) && !raw::has_prefix(text) {
            Step::Probe
        } else {
            open.step
        }
    }

    /// The plain ggml program whose log this is.
    fn program(&mut self) -> Option<usize> {
        self.speaker = self.add_child(Child::new(Role::Program));
        self.speaker
    }
}
