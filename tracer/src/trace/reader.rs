//! A trace file into events, in order of their numbers, with bounded memory.
//!
//! Everything up to a tear is taken; damage becomes a warning that says where and what it cost. What makes a whole
//! file unreadable (empty, foreign, of a newer format) is an error. Hot calls, which stand behind the story frame of
//! their time, are put back between its events.

mod begin;
mod frames;
mod growth;
mod table;

use std::fs::File;
use std::io::{self, Read, Seek};
use std::path::{Path, PathBuf};

use super::Error;
use super::blocks::Form;
use super::cursor::Cursor;
use super::index::FrameInfo;
use super::section::Sections;
use super::warning::{Warning, Warnings, What};
use crate::event::host::Header;
use crate::event::{Event, Kind, Seq};
pub use frames::Frame;

/// An event and its line.
#[derive(Clone, Debug, PartialEq)]
pub struct Item<'a> {
    /// The event.
    pub event: Event,
    /// Its line as it stands in the trace, with fields this release does not know.
    pub raw: &'a str,
}

/// Reads one trace.
pub struct Reader<R = File> {
    path: PathBuf,
    input: R,
    /// Length of the file in bytes when it was opened.
    length: u64,
    form: Form,
    header: Option<Header>,
    sections: Sections,
    current: Option<Cursor>,
    /// The section after it: its hot calls belong between the events of `current`.
    ahead: Option<Cursor>,
    last: Seq,
    end_seen: bool,
    done: bool,
    warnings: Warnings,
    frames: Option<Vec<FrameInfo>>,
}

impl Reader<File> {
    /// Opens a trace and reads its header.
    ///
    /// # Errors
    /// `Open`, `Read`, `Empty`, `Foreign`, `Future`, `CutHeader`.
    pub fn open(path: &Path) -> Result<Self, Error> {
        let opened = |source| Error::Open {
            path: path.to_owned(),
            source,
        };
        let file = File::open(path).map_err(opened)?;
        if file.metadata().map_err(opened)?.is_dir() {
            return Err(opened(io::ErrorKind::IsADirectory.into()));
        }
        Self::new(file, path)
    }
}

impl<R: Read + Seek> Reader<R> {
    /// Reads from `input`; `path` is its name in errors.
    ///
    /// # Errors
    /// As `open`, but for `Open`.
    pub fn new(input: R, path: &Path) -> Result<Self, Error> {
        begin::begin(input, path)
    }

    /// The first line; `None` when it is damaged.
    pub fn header(&self) -> Option<&Header> {
        self.header.as_ref()
    }

    /// The next event, in order of the numbers; `None` at the end of what can be read.
    ///
    /// # Errors
    /// `Read` when the file cannot be read.
    pub fn next_item(&mut self) -> Result<Option<Item<'_>>, Error> {
        let between = loop {
            if self.current.is_none() {
                self.current = match self.ahead.take() {
                    Some(ahead) => Some(ahead),
                    None => self.load()?,
                };
            }
            if self.ahead.is_none() {
                self.ahead = self.load()?;
            }
            let Some(current) = &mut self.current else {
                self.finish();
                return Ok(None);
            };
            let Some(event) = current.peek(&mut self.warnings) else {
                let chain = current.chain();
                self.current = None;
                if let Some(ahead) = &mut self.ahead {
                    ahead.follow(chain);
                }
                continue;
            };
            let seq = event.seq;
            let story = !current.is_hot();
            match &mut self.ahead {
                Some(ahead) if story && ahead.is_hot() => match ahead.peek(&mut self.warnings) {
                    Some(hot) => break hot.seq < seq,
                    None => self.next_ahead()?,
                },
                _ => break false,
            }
        };
        let cursor = if between {
            &mut self.ahead
        } else {
            &mut self.current
        };
        let Some(cursor) = cursor else {
            return Ok(None);
        };
        let Some((event, span)) = cursor.take(&mut self.warnings) else {
            return Ok(None);
        };
        if event.seq <= self.last {
            cursor.out_of_order(&mut self.warnings);
        }
        self.warnings.event(self.last, event.seq);
        self.last = event.seq;
        self.end_seen = matches!(event.kind, Kind::End(_));
        Ok(Some(Item {
            event,
            raw: cursor.str(span),
        }))
    }

    /// The events from here on.
    pub fn events(&mut self) -> impl Iterator<Item = Result<Event, Error>> + '_ {
        std::iter::from_fn(move || match self.next_item() {
            Ok(item) => item.map(|item| Ok(item.event)),
            Err(error) => {
                self.done = true;
                Some(Err(error))
            }
        })
    }

    /// What was found damaged or missing so far. All of it is known when the last event has been read.
    pub fn warnings(&self) -> &[Warning] {
        self.warnings.all()
    }

    /// How many warnings there were beyond those that are kept.
    pub fn more_warnings(&self) -> u64 {
        self.warnings.dropped()
    }

    /// Damage cost events, or parts of them: that something is not among those read proves nothing. A file that merely
    /// ends early is not damaged; what it has is whole.
    pub fn is_damaged(&self) -> bool {
        let whole = |warning: &Warning| {
            matches!(
                warning.what,
                What::NoEnd | What::CutTail | What::CutOff | What::Index
            )
        };
        self.warnings.dropped() > 0
            || self.warnings.cost_events()
            || !self.warnings.all().iter().all(whole)
    }

    /// The last event has been read, it was the end line, and none before it is missing. False before that.
    pub fn is_complete(&self) -> bool {
        self.done && self.end_seen && !self.warnings.cost_events()
    }

    /// The hot section ahead is used up, the story before it is not.
    fn next_ahead(&mut self) -> Result<(), Error> {
        let chain = self.ahead.take().map(|cursor| cursor.chain());
        self.ahead = self.load()?;
        if let (Some(ahead), Some(chain)) = (&mut self.ahead, chain) {
            ahead.follow(chain);
        }
        Ok(())
    }

    fn load(&mut self) -> Result<Option<Cursor>, Error> {
        if self.done {
            return Ok(None);
        }
        let section = self
            .sections
            .next(&mut self.input, &mut self.warnings)
            .map_err(|source| Error::Read {
                path: self.path.clone(),
                offset: self.sections.place().offset,
                source,
            })?;
        Ok(section.map(|section| Cursor::new(section, &mut self.warnings)))
    }

    fn finish(&mut self) {
        if !self.done && !self.end_seen {
            self.warnings.push(self.sections.place(), None, What::NoEnd);
        }
        self.done = true;
    }
}
