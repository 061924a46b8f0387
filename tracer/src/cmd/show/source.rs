//! Where `show` takes events from.

use std::path::Path;

use crate::cmd::Report;
use crate::event::Event;
use crate::event::host::Header;

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
    Err(Report::new(format!(
        "cannot read {}: not built yet",
        path.display()
    )))
}
