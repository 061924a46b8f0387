//! Where a fact was seen: the reader can look it up.

use crate::event::{Seq, Text};

/// A place in the source of the facts.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum At {
    /// An event of the trace.
    Event(Seq),
    /// A line of a log, counted from 1.
    Line(u64),
    /// A file or folder that was looked at now, with no recording.
    File(Text),
    /// The header of a trace: facts about the machine.
    Host,
}

/// A fact in words, and where it was seen.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Evidence {
    /// Where.
    pub at: At,
    /// What, in a few words or in the words of the program. Not escaped.
    pub text: Text,
}

impl Evidence {
    /// A fact seen in an event.
    #[must_use]
    pub fn event(seq: Seq, text: impl Into<Text>) -> Self {
        Self {
            at: At::Event(seq),
            text: text.into(),
        }
    }

    /// A line of a log.
    #[must_use]
    pub fn line(number: u64, text: impl Into<Text>) -> Self {
        Self {
            at: At::Line(number),
            text: text.into(),
        }
    }
}
