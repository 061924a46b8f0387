//! A log holds one start of the server after the other; the last whole one counts.
//!
//! In: lines without their wrapping. Out: the Model of one start. Two are kept at most: the last whole one and the one that is
//! being read.

use crate::discover::slog;
use crate::discover::{Model, slog::Record};
use crate::event::Text;

use super::story::Story;

/// The starts of the server that were seen.
#[derive(Default)]
pub(super) struct Starts {
    now: Story,
    whole: Option<Story>,
    count: u64,
}

impl Starts {
    /// Takes one line.
    pub(super) fn line(&mut self, number: u64, line: &[u8], screen: &impl Fn(&[u8]) -> Text) {
        if line.starts_with(b"[GIN") || line.trim_ascii().is_empty() {
            return;
        }
        let Some(first) = slog::parse(line) else {
            if self.now.wants(line) {
                self.now.raw(number, &screen(line));
            }
            return;
        };
        if self.begins(&first) {
            self.next(number);
        }
        if !self.now.listens(&first) {
            return;
        }
        let text = screen(line);
        // What is kept comes from the screened line.
        if let Some(record) = slog::parse(&text.to_bytes()) {
            self.now.record(number, record, &text);
        }
    }

    /// The line is the first of a start: `server config`, or `Listening on` in versions without it.
    fn begins(&self, record: &Record) -> bool {
        match record.message.as_str() {
            "server config" => true,
            message => message.starts_with("Listening on ") && self.now.listened(),
        }
    }

    fn next(&mut self, number: u64) {
        let next = Story::beginning(number);
        let last = std::mem::replace(&mut self.now, next);
        if last.has_begun() {
            self.count += 1;
            if last.is_whole() {
                self.whole = Some(last);
            }
        }
    }

    /// The Model of the last whole start. `cut` lines were too long.
    pub(super) fn into_model(mut self, cut: u64) -> Model {
        self.count += u64::from(self.now.has_begun());
        let unfinished = !self.now.is_whole();
        let (story, older) = match self.whole {
            Some(whole) if unfinished => (whole, self.now.has_begun()),
            _ => (self.now, false),
        };
        let (first, last) = story.span();
        let mut model = story.into_model();
        if self.count > 1 {
            model.notes.push(format!(
                "The log holds {} starts of the server; this is about {}, lines {first} to {last}.",
                self.count,
                if older {
                    "the last one whose discovery came to its end (a later start is not whole)"
                } else {
                    "the last one"
                },
            ));
        }
        if cut > 0 {
            model.notes.push(format!(
                "Lines of the log that are longer than 128 KiB: {cut}; only their beginnings were read."
            ));
        }
        model
    }
}
