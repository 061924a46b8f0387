//! Bounds of the format. The writer's are promises, the reader's protect it from hostile files.

/// A frame is closed when it holds this many bytes of JSON.
pub(super) const FRAME_BYTES: usize = 1 << 20;

/// A frame is closed when it holds this many events.
pub(super) const FRAME_EVENTS: u64 = 1 << 16;

/// Nanoseconds between flushes inside a frame: what a killed recorder loses at most.
pub(super) const FLUSH_EVERY: u64 = 250_000_000;

/// The longest line that is written or read, in bytes.
pub(super) const LINE: usize = 8 << 20;

/// The most JSON that is held at once: a whole frame of a trace has `FRAME_BYTES` and at most one line more.
pub(super) const SECTION: usize = 16 << 20;

/// The largest window a frame may ask the decoder for, as a power of two (level 3 asks for 2 MiB).
pub(super) const WINDOW_LOG: u32 = 24;

/// Places of damage after which reading stops: a file with more is no trace any more.
pub(super) const DAMAGES: u32 = 64;

/// Warnings that are kept; more are counted.
pub(super) const WARNINGS: usize = 200;

/// The longest index that is taken, in bytes of JSON; a longer one is rebuilt by walking.
pub(super) const INDEX: usize = 64 << 20;
