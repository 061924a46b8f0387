//! A trace as the viewer reads it: a file, or bytes in memory.

use std::io::{Read, Seek};
use std::path::{Path, PathBuf};

use super::ahead::Ahead;
use crate::event::host::Header;
use crate::trace::{Error, Reader};
use crate::tui::{FrameFacts, Page, Recording};
use crate::view::filter::Stretch;

/// Frames that were asked for one after another before those that follow are decoded ahead.
const IN_A_ROW: usize = 4;
/// Frames that may be asked for elsewhere until what was decoded ahead is given up.
const ELSEWHERE: usize = 16;

/// A trace that does not change any more.
pub(super) struct Recorded<R> {
    name: String,
    reader: Reader<R>,
    /// A file whose frames can be decoded ahead.
    path: Option<PathBuf>,
    ahead: Option<Ahead>,
    /// Frames asked for since one of those was of use.
    elsewhere: usize,
    /// The last frame that was asked for, and how many before it came one after another.
    last: (usize, usize),
}

impl<R: Read + Seek> Recorded<R> {
    pub(super) fn new(name: String, reader: Reader<R>) -> Self {
        Self {
            name,
            reader,
            path: None,
            ahead: None,
            elsewhere: 0,
            last: (0, 0),
        }
    }

    /// The same, with the file's frames decoded ahead.
    pub(super) fn ahead(mut self, path: &Path) -> Self {
        // Without an index every thread would walk the whole file for its table.
        if self.reader.is_finished().unwrap_or(false) {
            self.path = Some(path.to_owned());
            self.begin_ahead(0);
        }
        self
    }

    fn begin_ahead(&mut self, first: usize) {
        let frames = self.reader.frames().map_or(0, <[_]>::len);
        let path = self.path.as_deref();
        self.ahead = path.and_then(|path| Ahead::new(path, first..frames));
    }

    /// Whoever asks for one frame after another, as a filter does, gets those that follow decoded ahead.
    fn look_ahead(&mut self, frame: usize) {
        let (last, row) = self.last;
        let row = if frame == last + 1 { row + 1 } else { 0 };
        self.last = (frame, row);
        self.elsewhere = self.elsewhere.saturating_add(1);
        let free = self.elsewhere > ELSEWHERE || self.ahead.as_ref().is_none_or(Ahead::is_over);
        if row >= IN_A_ROW && free {
            self.begin_ahead(frame + 1);
        }
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
        if let Some(page) = self.ahead.as_mut().and_then(|ahead| ahead.take(frame)) {
            self.elsewhere = 0;
            return page;
        }
        self.look_ahead(frame);
        page(&mut self.reader, frame)
    }

    fn stretch(&mut self, frame: usize) -> Option<Stretch> {
        stretch(&mut self.reader, frame)
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

/// What the index says of a frame.
pub(super) fn stretch<R: Read + Seek>(reader: &mut Reader<R>, frame: usize) -> Option<Stretch> {
    let info = reader.frames().ok()?.get(frame)?;
    Some(Stretch {
        kinds: info.kinds.keys().cloned().collect(),
        processes: info.processes.iter().map(|one| one.number).collect(),
        failed: info.failed > 0,
        times: (info.from.0, info.to.0),
        numbers: (info.first.0, info.last.0),
    })
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
