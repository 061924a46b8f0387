//! The terminal viewer: a recording on the screen, with a play head. Works from a [`Recording`] alone, a file or one
//! that still grows; never sees the engine.
//!
//! ```text
//! Recording (frames on demand) -> book (pages, checkpoints) -> digest (lanes, words, failures; one pass, in slices)
//!                                                               |
//!                       keys -> Action -> state (pure)  ------> draw (pure) -> cells
//! ```
//!
//! State and drawing are twins by file name. What had happened by the play head, and no more, is what a view shows.

mod book;
mod colour;
mod digest;
mod draw;
mod input;
mod keys;
mod pair;
pub mod picture;
mod recording;
mod state;
mod terminal;
#[cfg(test)]
mod tests;
mod typing;

pub use colour::Palette;
pub use keys::Action;
pub use pair::{Compared, Pair, PairBegin, Stop, run as run_pair};
pub use recording::{FrameFacts, Page, Recording};
pub use state::prompt::Typed;
pub use state::report::Request;
pub use state::snapshot::Cache;
pub use state::{Explain, State, View};
pub use terminal::{Begin, Keys, run};
