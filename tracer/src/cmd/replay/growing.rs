//! A trace that is still being written, as the viewer reads it: a look at the file's size, and only what is new is read.

use std::fs::File;
use std::path::Path;
use std::thread::sleep;
use std::time::{Duration, SystemTime};

use super::recorded::{facts, page, stretch, words};
use crate::event::host::Header;
use crate::trace::{Error, Reader};
use crate::tui::{FrameFacts, Page, Recording};
use crate::view::filter::Stretch;

/// A trace without an index that was changed within this time is still being written.
const FRESH: Duration = Duration::from_secs(10);
/// How long the recorder may take for its first line.
const PATIENCE: Duration = Duration::from_secs(10);
const PAUSE: Duration = Duration::from_millis(20);

/// A trace that grows until its index is there.
pub(super) struct Growing {
    name: String,
    reader: Reader<File>,
    finished: bool,
}

impl Growing {
    pub(super) fn new(name: String, reader: Reader<File>) -> Self {
        Self {
            name,
            reader,
            finished: false,
        }
    }
}

/// Opens a trace whose first line may not be there yet.
///
/// # Errors
/// As `Reader::open`, when it is not there in time.
pub(super) fn wait_for(path: &Path) -> Result<Reader<File>, Error> {
    let mut left = PATIENCE;
    loop {
        match Reader::open(path) {
            Err(Error::Empty(_) | Error::CutHeader(_)) if !left.is_zero() => {
                sleep(PAUSE);
                left = left.saturating_sub(PAUSE);
            }
            opened => return opened,
        }
    }
}

/// A recorder is at work on this trace, as far as one can tell.
pub(super) fn is_written(path: &Path, reader: &mut Reader<File>) -> bool {
    let changed = std::fs::metadata(path).and_then(|facts| facts.modified());
    let age = changed.map(|changed| {
        SystemTime::now()
            .duration_since(changed)
            .unwrap_or_default()
    });
    age.is_ok_and(|age| age < FRESH) && reader.is_finished().is_ok_and(|finished| !finished)
}

impl Recording for Growing {
    fn name(&self) -> String {
        self.name.clone()
    }

    fn header(&self) -> Option<&Header> {
        self.reader.header()
    }

    fn frames(&mut self) -> Result<Vec<FrameFacts>, String> {
        if self.reader.refresh().map_err(words)? {
            self.finished = self.reader.is_finished().map_err(words)?;
        }
        facts(&mut self.reader)
    }

    fn page(&mut self, frame: usize) -> Result<Page, String> {
        page(&mut self.reader, frame)
    }

    fn stretch(&mut self, frame: usize) -> Option<Stretch> {
        stretch(&mut self.reader, frame)
    }

    fn warnings(&self) -> Vec<String> {
        let warnings = self.reader.warnings().iter();
        let mut words: Vec<String> = warnings.map(ToString::to_string).collect();
        if !self.finished {
            words.push("it is still being written, or its recorder was killed".to_owned());
        }
        words
    }

    fn is_damaged(&self) -> bool {
        self.reader.is_damaged()
    }

    fn grows(&self) -> bool {
        !self.finished
    }
}
