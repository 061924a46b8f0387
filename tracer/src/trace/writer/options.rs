//! How a trace is written, and what comes of it.

use super::limits;

/// How a trace is written.
#[derive(Clone, Debug)]
pub struct Options {
    /// User and group id the file is given to.
    pub owner: Option<(u32, u32)>,
    /// The most bytes the file may grow to.
    pub max_size: Option<u64>,
    /// zstd's compression level.
    pub level: i32,
    /// A frame is closed at this many bytes of JSON.
    pub frame_bytes: usize,
    /// A frame is closed at this many events.
    pub frame_events: u64,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            owner: None,
            max_size: None,
            level: 5,
            frame_bytes: limits::FRAME_BYTES,
            frame_events: limits::FRAME_EVENTS,
        }
    }
}

/// Which frames an event goes into.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lane {
    /// What a reader of the story wants to see.
    Story,
    /// Launches, copies and allocations after discovery: many, and all alike.
    Hot,
}

/// What became of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It is in the trace, or will be at the next flush.
    Written,
    /// The trace is at its size limit and holds a loss event that says so; this event is only counted.
    Full,
}

/// A finished trace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Summary {
    /// Size of the file in bytes.
    pub bytes: u64,
    /// Events in it, the end included.
    pub events: u64,
    /// Events left out at the size limit.
    pub refused: u64,
}
