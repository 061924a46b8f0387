//! Where `show` takes events from.

use std::path::{Path, PathBuf};

use crate::cmd::{Report, explain};
use crate::event::Event;
use crate::event::host::Header;
use crate::trace::{Error, Reader};
use crate::view::roles::{self, Roles};

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

    /// What each process is to the discovery; empty when that was not asked for.
    fn roles(&self) -> Roles {
        Roles::default()
    }

    /// Damage found so far, in words.
    fn warnings(&self) -> Vec<String>;

    /// Bytes on disk.
    fn size(&self) -> Option<u64>;
}

/// Opens a trace. What its processes are to the discovery costs a pass of its own.
///
/// # Errors
/// It is no trace, or cannot be read.
pub(super) fn open(path: &Path, with_roles: bool) -> Result<Box<dyn Source>, Report> {
    let reader = Reader::open(path).map_err(|error| report(&error).near(path))?;
    let roles = if with_roles {
        roles::of(&explain::source::file(path)?)
    } else {
        Roles::default()
    };
    Ok(Box::new(File {
        path: path.to_owned(),
        reader,
        roles,
    }))
}

/// A trace file.
struct File {
    path: PathBuf,
    reader: Reader,
    roles: Roles,
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

    fn roles(&self) -> Roles {
        self.roles.clone()
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
