//! A trace as the viewer reads it: a file, or bytes in memory.

use std::io::{Read, Seek};
use std::path::Path;

use super::ahead::Ahead;
use crate::event::host::Header;
use crate::trace::{Error, Reader};
use crate::tui::{FrameFacts, Page, Recording};

/// A trace that does not change any more.
pub(super) struct Recorded<R> {
    name: String,
    reader: Reader<R>,
    ahead: Option<Ahead>,
}

impl<R: Read + Seek> Recorded<R> {
    pub(super) fn new(name: String, reader: Reader<R>) -> Self {
        Self {
            name,
            reader,
            ahead: None,
        }
    }

    /// The same, with the file's frames decoded ahead.
    pub(super) fn ahead(mut self, path: &Path) -> Self {
        // Without an index every thread would walk the whole file for its table.
        if self.reader.is_finished().unwrap_or(false) {
            let frames = self.reader.frames().map_or(0, <[_]>::len);
            self.ahead = Ahead::new(path, frames);
        }
        self
    }
}

impl<R: Read + Seek> Recording for Recorded<R> {
    fn name(&self) -> String {
        self.name.clone()
    }

    fn header(&self) -> Option<&Header> {
        self.reader.header()
    }

    fn frames(&mut self) -> Result<Vec<FrameFacts>, String> {
        facts(&mut self.reader)
    }

    fn page(&mut self, frame: usize) -> Result<Page, String> {
        let ahead = self.ahead.as_mut().and_then(|ahead| ahead.take(frame));
        ahead.unwrap_or_else(|| page(&mut self.reader, frame))
    }

    fn warnings(&self) -> Vec<String> {
        let warnings = self.reader.warnings().iter();
        warnings.map(ToString::to_string).collect()
    }

    fn is_damaged(&self) -> bool {
        self.reader.is_damaged()
    }

    fn grows(&self) -> bool {
        false
    }
}

/// The table of frames, as the viewer wants it.
pub(super) fn facts<R: Read + Seek>(reader: &mut Reader<R>) -> Result<Vec<FrameFacts>, String> {
    let frames = reader.frames().map_err(words)?;
    let facts = frames.iter().map(|frame| FrameFacts {
        events: frame.events,
        to: frame.to.0,
    });
    Ok(facts.collect())
}

/// One frame, as the viewer wants it.
pub(super) fn page<R: Read + Seek>(reader: &mut Reader<R>, frame: usize) -> Result<Page, String> {
    let parts = reader.frame(frame).map_err(words)?.into_parts();
    Ok(Page {
        events: parts.events,
        texts: parts.texts,
        lines: parts.lines,
    })
}

/// An error as a sentence.
pub(super) fn words(error: Error) -> String {
    error.to_string()
}
