//! The vocabulary of a trace: what one event can say. Pure data; no I/O, no terminal, no command line.
//!
//! Every engine fills these types and every reader gets them back, so a recording holds what was seen
//! and never a conclusion. Conclusions are drawn by later layers.

pub mod call;
pub mod doctor;
pub mod errno;
pub mod failure;
pub mod file;
pub mod host;
pub mod id;
pub mod kind;
pub mod library;
pub mod loss;
pub mod net;
pub mod number;
pub mod output;
pub mod process;
pub mod seen;
pub mod signal;
pub mod text;
pub mod tree;

pub use errno::Errno;
pub use id::{Proc, Seq};
pub use kind::Kind;
pub use number::Hex;
pub use seen::{Seen, Why};
pub use text::Text;

/// One thing that happened.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    /// Position in the trace, counted from 1 by the writer after the merge.
    pub seq: Seq,
    /// When the record was made, in nanoseconds of CLOCK_BOOTTIME. For a call this is its end.
    pub time: u64,
    /// How long the call had been running at `time`, in nanoseconds; its start is `time - duration`.
    pub duration: Option<u64>,
    /// The process generation it happened in.
    pub process: Option<Proc>,
    /// Kernel thread id, raw.
    pub tid: Option<u32>,
    /// The `call` event this one happened inside of, on the same thread.
    pub parent: Option<Seq>,
    /// It reached the recorder after later events had been written.
    pub late: bool,
    /// What happened.
    pub kind: Kind,
}

impl Event {
    /// When the call began, in nanoseconds of CLOCK_BOOTTIME; `time` for an event without duration.
    #[must_use]
    pub fn start(&self) -> u64 {
        self.time.saturating_sub(self.duration.unwrap_or(0))
    }
}
