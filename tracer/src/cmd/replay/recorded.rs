//! A trace as the viewer reads it: a file, one that still grows, or bytes in memory.

use std::io::{Read, Seek};

use crate::event::host::Header;
use crate::trace::{Error, Reader};
use crate::tui::{FrameFacts, Page, Recording};

/// A trace that does not change any more.
pub(super) struct Recorded<R> {
    name: String,
    reader: Reader<R>,
}

impl<R: Read + Seek> Recorded<R> {
    pub(super) fn new(name: String, reader: Reader<R>) -> Self {
        Self { name, reader }
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
        let frames = self.reader.frames().map_err(words)?;
        Ok(frames
            .iter()
            .map(|frame| FrameFacts {
                events: frame.events,
                to: frame.to.0,
            })
            .collect())
    }

    fn page(&mut self, frame: usize) -> Result<Page, String> {
        let frame = self.reader.frame(frame).map_err(words)?;
        let parts = frame.into_parts();
        Ok(Page {
            events: parts.events,
            texts: parts.texts,
            lines: parts.lines,
        })
    }

    fn warnings(&self) -> Vec<String> {
        let warnings = self.reader.warnings().iter();
        warnings.map(ToString::to_string).collect()
    }

    fn grows(&self) -> bool {
        false
    }
}

fn words(error: Error) -> String {
    error.to_string()
}
