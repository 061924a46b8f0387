//! What the viewer reads from: frames of events, decoded when they are looked at.

use std::ops::Range;

use crate::event::Event;
use crate::event::host::Header;
use crate::view::filter::Stretch;

/// What is known of a frame without decoding it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FrameFacts {
    /// How many events.
    pub events: u64,
    /// The latest time of an event, in nanoseconds of CLOCK_BOOTTIME.
    pub to: u64,
}

/// The events of one frame and their lines in the trace.
#[derive(Clone, Debug, Default)]
pub struct Page {
    /// The events, in order.
    pub events: Vec<Event>,
    /// Pieces of the trace.
    pub texts: Vec<String>,
    /// Where the line of each event stands: which piece, and bytes of it.
    pub lines: Vec<(usize, Range<usize>)>,
}

impl Page {
    /// The raw line of an event.
    #[must_use]
    pub fn raw(&self, at: usize) -> Option<&str> {
        let (text, line) = self.lines.get(at)?;
        self.texts.get(*text)?.get(line.clone())
    }
}

/// A recording, whole or still growing.
pub trait Recording {
    /// The name the user gave it.
    fn name(&self) -> String;

    /// The first line, where it could be read.
    fn header(&self) -> Option<&Header>;

    /// The frames there are now, in order.
    ///
    /// # Errors
    /// A sentence: the file cannot be read.
    fn frames(&mut self) -> Result<Vec<FrameFacts>, String>;

    /// Decodes one frame.
    ///
    /// # Errors
    /// A sentence: the file cannot be read.
    fn page(&mut self, frame: usize) -> Result<Page, String>;

    /// What the index says of a frame, so that a filter may pass it over; `None` where nothing is known.
    fn stretch(&mut self, _frame: usize) -> Option<Stretch> {
        None
    }

    /// Damage, in words.
    fn warnings(&self) -> Vec<String>;

    /// Damage cost events among the frames read so far: that something is not among them proves nothing.
    fn is_damaged(&self) -> bool;

    /// More events may come.
    fn grows(&self) -> bool;
}
