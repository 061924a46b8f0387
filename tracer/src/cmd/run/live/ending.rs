//! When a recording ends, why it did, and what came of it.

use std::time::Duration;

use crate::cmd::run::verdicts::Verdicts;
use crate::cmd::run::watch::Status;
use crate::source::discovery_end::DiscoveryEnd;
use crate::trace;
use crate::view::summary::Summary;

/// Exit code of a recording that `--timeout` ended.
const TIMED_OUT: u8 = 124;

/// Why a recording ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::cmd) enum Why {
    /// The target ended.
    Exited,
    /// The user's signal.
    Interrupted,
    /// `--timeout`.
    Timeout,
    /// `--until discovery`.
    Discovery,
    /// `--until PATTERN`.
    Pattern,
    /// The trace is at its size limit.
    Size,
    /// The disk is full or the file cannot be written.
    Disk,
}

impl Why {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Exited => "exited",
            Self::Interrupted => "interrupted",
            Self::Timeout => "timeout",
            Self::Discovery => "discovery",
            Self::Pattern => "pattern",
            Self::Size => "size",
            Self::Disk => "disk",
        }
    }
}

/// When to end.
pub(in crate::cmd) struct Limits {
    /// `--timeout`.
    pub(in crate::cmd) timeout: Option<Duration>,
    /// `--until`, and what it is called.
    pub(in crate::cmd) until: Option<(DiscoveryEnd, Why)>,
}

/// What came of it.
pub(in crate::cmd) struct Outcomes {
    /// Why it ended.
    pub(in crate::cmd) why: Why,
    /// The target's status; `None` when it was left running.
    pub(in crate::cmd) status: Option<Status>,
    /// What could not be written.
    pub(in crate::cmd) trouble: Option<trace::Error>,
    /// What was written.
    pub(in crate::cmd) written: Option<trace::Summary>,
    /// The fold over all events.
    pub(in crate::cmd) summary: Summary,
    /// The verdicts, when text is wanted.
    pub(in crate::cmd) verdicts: Option<Verdicts>,
    /// Processes of the tree that were still running.
    pub(in crate::cmd) left: usize,
}

/// What this program ends with: the target's own code where nothing else ended it.
pub(in crate::cmd) fn exit_code(why: Why, status: Option<Status>) -> u8 {
    match (why, status) {
        (_, Some(Status::Unknown)) => 0,
        (Why::Timeout, _) => TIMED_OUT,
        (Why::Discovery | Why::Pattern, _) => 0,
        (_, Some(status)) => status.code(),
        (_, None) => Status::Killed(9).code(),
    }
}
