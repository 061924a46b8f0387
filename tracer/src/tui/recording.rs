//! What the viewer reads from: frames of events, decoded when they are looked at.

use crate::event::Event;
use crate::event::host::Header;

/// What is known of a frame without decoding it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FrameFacts {
    /// How many events.
    pub events: u64,
}

/// The events of one frame and their lines in the trace.
#[derive(Clone, Debug, Default)]
pub struct Page {
    /// The events, in order.
    pub events: Vec<Event>,
    /// The raw line of each.
    pub raw: Vec<String>,
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

    /// Damage, in words.
    fn warnings(&self) -> Vec<String>;

    /// More events may come.
    fn grows(&self) -> bool;
}
