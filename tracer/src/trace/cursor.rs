//! The events of one section, one after another.

use super::frame::{self, FrameLine};
use super::limits;
use super::line::{self, Chain};
use super::section::Section;
use super::warning::{Place, Warnings, What};
use crate::event::Event;

/// A place in a section.
pub(super) struct Cursor {
    text: String,
    place: Place,
    torn: bool,
    /// Byte of `text` that is next.
    at: usize,
    /// Number of the line that was read last.
    line: u64,
    chain: Chain,
    hot: bool,
    /// `chain` is to come from the section before.
    goes_on: bool,
    /// Read, but not yet taken.
    peeked: Option<(Event, Span)>,
}

/// A line in the text of a cursor, without its newline.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Span {
    begin: usize,
    end: usize,
}

impl Span {
    /// Its bytes.
    pub(super) fn range(self) -> std::ops::Range<usize> {
        self.begin..self.end
    }

    /// The line in its text.
    pub(super) fn of(self, text: &str) -> &str {
        text.get(self.begin..self.end).unwrap_or_default()
    }
}

impl Cursor {
    /// Reads the frame line. A section without one that goes on is to be told where from.
    pub(super) fn new(section: Section, warnings: &mut Warnings) -> Self {
        let Section {
            text,
            place,
            lines_before,
            torn,
            goes_on,
        } = section;
        let mut cursor = Self {
            text: String::new(),
            place,
            torn,
            at: 0,
            line: lines_before,
            chain: Chain::default(),
            hot: false,
            goes_on: false,
            peeked: None,
        };
        cursor.text = cursor.checked(text, warnings);
        let Some(span) = cursor.next_line() else {
            return cursor;
        };
        let first = cursor.str(span);
        if first.as_bytes().starts_with(frame::MARK)
            && let Some(frame) = FrameLine::parse(first)
        {
            cursor.chain = frame.chain();
            cursor.hot = frame.hot;
        } else if goes_on {
            cursor.at = 0;
            cursor.line = lines_before;
            cursor.goes_on = true;
        } else {
            if !(torn && cursor.at >= cursor.text.len()) {
                warnings.push(place, Some(cursor.line), What::NoStart);
            }
            cursor.at = cursor.text.len();
        }
        cursor
    }

    /// The section before this one ended here.
    pub(super) fn follow(&mut self, before: Chain) {
        if std::mem::take(&mut self.goes_on) {
            self.chain = before;
        }
    }

    /// A section of hot calls.
    pub(super) fn is_hot(&self) -> bool {
        self.hot
    }

    /// Number and time of the last event read.
    pub(super) fn chain(&self) -> Chain {
        self.chain
    }

    /// The next event, without taking it.
    pub(super) fn peek(&mut self, warnings: &mut Warnings) -> Option<&Event> {
        if self.peeked.is_none() {
            self.peeked = self.advance(warnings);
        }
        self.peeked.as_ref().map(|(event, _)| event)
    }

    /// Takes the next event and the place of its line.
    pub(super) fn take(&mut self, warnings: &mut Warnings) -> Option<(Event, Span)> {
        match self.peeked.take() {
            Some(peeked) => Some(peeked),
            None => self.advance(warnings),
        }
    }

    fn advance(&mut self, warnings: &mut Warnings) -> Option<(Event, Span)> {
        loop {
            let span = self.next_line()?;
            if let Some(event) = self.read(span, warnings) {
                self.chain = Chain {
                    seq: event.seq.0,
                    time: event.time,
                };
                return Some((event, span));
            }
        }
    }

    /// Says that the number of the event just taken is not above those before it.
    pub(super) fn out_of_order(&self, warnings: &mut Warnings) {
        warnings.push(self.place, Some(self.line), What::Order);
    }

    /// The text of a line.
    pub(super) fn str(&self, span: Span) -> &str {
        span.of(&self.text)
    }

    /// Gives the text away, for spans to be looked up in; no line is left.
    pub(super) fn take_text(&mut self) -> String {
        self.at = 0;
        std::mem::take(&mut self.text)
    }

    fn next_line(&mut self) -> Option<Span> {
        loop {
            let rest = self.text.as_bytes().get(self.at..)?;
            if rest.is_empty() {
                return None;
            }
            let begin = self.at;
            let length = memchr::memchr(b'\n', rest);
            self.at = begin + length.map_or(rest.len(), |length| length + 1);
            self.line += 1;
            let end = begin + length.unwrap_or(rest.len());
            if end > begin {
                return Some(Span { begin, end });
            }
        }
    }

    /// Reads one line as an event; damage is told, and may cost the rest of the section.
    fn read(&mut self, span: Span, warnings: &mut Warnings) -> Option<Event> {
        let text = self.str(span);
        let before = self.chain;
        if text.len() > limits::LINE {
            self.pass_over(span, What::LongLine, warnings);
            return None;
        }
        let problem = match line::parse(text, before) {
            Ok(event) => return Some(event),
            Err(problem) => problem,
        };
        if let Ok(event) = line::parse_kind_as_it_stands(text, before) {
            let words = problem.to_string();
            warnings.push(self.place, Some(self.line), What::OtherShape(words));
            return Some(event);
        }
        let last = self.at >= self.text.len() && !self.text.ends_with('\n');
        if !last {
            self.pass_over(span, What::BadBody(problem.to_string()), warnings);
        } else if !self.torn {
            warnings.push(self.place, Some(self.line), What::CutOff);
        }
        None
    }

    /// Leaves out one line, or all from it on when its time and number are not known.
    fn pass_over(&mut self, span: Span, what: What, warnings: &mut Warnings) {
        let head = line::head(self.str(span).as_bytes());
        let placed = head.and_then(|head| {
            Some(Chain {
                seq: head.seq.unwrap_or_else(|| self.chain.seq.saturating_add(1)),
                time: head.dt.after(self.chain.time)?,
            })
        });
        match (placed, what) {
            (Some(chain), what) => {
                self.chain = chain;
                warnings.push(self.place, Some(self.line), what);
            }
            (None, What::BadBody(words)) => {
                warnings.push(self.place, Some(self.line), What::BadLine(words));
                self.at = self.text.len();
            }
            (None, what) => {
                warnings.push(self.place, Some(self.line), what);
                self.at = self.text.len();
            }
        }
    }

    /// The text up to the first line that is no UTF-8.
    fn checked(&self, text: Vec<u8>, warnings: &mut Warnings) -> String {
        let error = match String::from_utf8(text) {
            Ok(text) => return text,
            Err(error) => error,
        };
        let valid = error.utf8_error().valid_up_to();
        let mut text = error.into_bytes();
        let last = !text
            .get(valid..)
            .is_some_and(|rest| memchr::memchr(b'\n', rest).is_some());
        text.truncate(valid);
        text.truncate(memchr::memrchr(b'\n', &text).map_or(0, |at| at + 1));
        let line = self.line + 1 + memchr::memchr_iter(b'\n', &text).count() as u64;
        if !last {
            let words = "bytes that are no UTF-8".to_owned();
            warnings.push(self.place, Some(line), What::BadLine(words));
        } else if !self.torn {
            warnings.push(self.place, Some(line), What::CutOff);
        }
        String::from_utf8(text).unwrap_or_default()
    }
}
