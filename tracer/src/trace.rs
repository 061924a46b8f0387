//! The trace file: JSON lines in zstd frames of the seekable format. docs/TRACE_FORMAT.md describes the bytes.
//!
//! ```text
//! Event -> Writer -> line, frame -> zstd -> NAME.vgt -> zstd -> section, line -> Reader -> Event
//!                        |                                        ^
//!                        +-> index, seek table (optimisations) ---+
//! ```
//!
//! The writer flushes often, so that a recorder that is killed loses at most the last moment; the reader takes
//! everything up to a tear and says what is missing. This layer knows no terminal, no clock and no engine.

mod blocks;
mod compress;
mod cursor;
mod decimal;
mod error;
mod foreign;
mod frame;
mod index;
mod limits;
mod line;
mod reader;
mod section;
mod seek_table;
mod warning;
mod writer;

pub use error::Error;
pub use index::FrameInfo;
pub use reader::{Frame, Item, Reader};
pub use warning::{Missing, Warning, What};
pub use writer::{Lane, Options, Outcome, Summary, Writer};

/// The format version this release writes, and the newest it reads. Raised only when an old reader would mislead.
pub const VERSION: u32 = 1;

#[cfg(test)]
mod tests;
