//! Where `show` takes events from.

use std::path::{Path, PathBuf};

use crate::cmd::Report;
use crate::event::Event;
use crate::event::host::Header;
use crate::trace::{Error, Reader};

/// An event and, where there is one, its line in the trace.
pub(super) struct Item<'a> {
    pub(super) event: Event,
    pub(super) raw: Option<&'a str>,
}

/// A recording that can be read once, from the beginning.
pub(super) trait Source {
    /// The first line, if it could be read.
    fn header(&self) -> Option<&Header>;

    /// The next event.
    ///
    /// # Errors
    /// The recording cannot be read on.
    fn next_item(&mut self) -> Result<Option<Item<'_>>, Report>;

    /// Damage found so far, in words.
    fn warnings(&self) -> Vec<String>;

    /// Bytes on disk.
    fn size(&self) -> Option<u64>;
}

/// Opens a trace.
///
/// # Errors
/// It is no trace, or cannot be read.
pub(super) fn open(path: &Path) -> Result<Box<dyn Source>, Report> {
    let reader = Reader::open(path).map_err(|error| report(&error))?;
    Ok(Box::new(File {
        path: path.to_owned(),
        reader,
    }))
}

/// A trace file.
struct File {
    path: PathBuf,
    reader: Reader,
}

impl Source for File {
    fn header(&self) -> Option<&Header> {
        self.reader.header()
    }

    fn next_item(&mut self) -> Result<Option<Item<'_>>, Report> {
        let item = self.reader.next_item().map_err(|error| report(&error))?;
        Ok(item.map(|item| Item {
            event: item.event,
            raw: Some(item.raw),
        }))
    }

    fn warnings(&self) -> Vec<String> {
        let mut words: Vec<String> = self
            .reader
            .warnings()
            .iter()
            .map(ToString::to_string)
            .collect();
        let more = self.reader.more_warnings();
        if more > 0 {
            words.push(format!("{more} more places of damage"));
        }
        words
    }

    fn size(&self) -> Option<u64> {
        std::fs::metadata(&self.path).ok().map(|facts| facts.len())
    }
}

fn report(error: &Error) -> Report {
    let report = Report::from_error(error);
    match error {
        Error::Open { source, .. } if source.kind() == std::io::ErrorKind::PermissionDenied => {
            report.help("a trace belongs to the user who recorded it; use sudo, or chown it")
        }
        _ => report,
    }
}
