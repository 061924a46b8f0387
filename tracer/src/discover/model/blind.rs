//! What could not be seen. "Not opened" and "never called" are certain only where nothing of this covers the process.

use crate::event::{Proc, Text};

use super::Evidence;

/// What the source of the facts could not see.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Blind {
    /// Records that were lost.
    pub lost: Vec<LostRecords>,
    /// Libraries whose first calls may be missing.
    pub late: Vec<LateAttach>,
    /// The server was running when the recording began.
    pub began_late: bool,
    /// The trace has no end: it was cut off, or still grows.
    pub cut: bool,
    /// Damage of the file cost events.
    pub damaged: bool,
    /// Processes with a field that could not be read where it matters (environment, argv, a path).
    pub unread: Vec<(Proc, Evidence)>,
    /// The source is a log: it shows only what its level lets through, the highest level seen is this.
    pub log_level: Option<super::Level>,
}

/// Records that were lost.
#[derive(Clone, Debug, PartialEq)]
pub struct LostRecords {
    /// `ring`, `table`, ...
    pub cause: Text,
    /// How many.
    pub count: u64,
    /// Between which times, nanoseconds of CLOCK_BOOTTIME.
    pub from: u64,
    /// See `from`.
    pub to: u64,
    /// Where it was said.
    pub seen: Evidence,
}

/// A library that got its probes late.
#[derive(Clone, Debug, PartialEq)]
pub struct LateAttach {
    /// The process that mapped it.
    pub process: Option<Proc>,
    /// The file.
    pub path: Text,
    /// Where it was said.
    pub seen: Evidence,
}

impl Blind {
    /// Whether something that is not in the trace did not happen, in this process and time (nanoseconds of
    /// CLOCK_BOOTTIME): nothing was lost, unreadable or attached late there.
    #[must_use]
    pub fn absence_is_certain(&self, process: Proc, from: u64, to: u64) -> bool {
        self.log_level.is_none()
            && !self.began_late
            && !self.damaged
            && !self.unread.iter().any(|(blind, _)| *blind == process)
            && !self
                .late
                .iter()
                .any(|late| late.process.is_none_or(|blind| blind == process))
            && !self
                .lost
                .iter()
                .any(|lost| lost.from <= to && from <= lost.to)
    }

    /// Nothing at all was missed.
    #[must_use]
    pub const fn is_clear(&self) -> bool {
        self.lost.is_empty()
            && self.late.is_empty()
            && self.unread.is_empty()
            && !self.began_late
            && !self.cut
            && !self.damaged
            && self.log_level.is_none()
    }
}
