//! Rebuilds what a discovery did: which folders there were, which processes tried them, what became of each.
//!
//! In: the events of a trace, or the lines of a log. Out: [`Model`], facts in Ollama's own terms, each with the place
//! where it was seen. Pure: no I/O, no clock. Why a backend was not used is for `diagnose` to say.

pub mod events;
pub mod log;
pub mod model;
pub mod role;
pub mod slog;
mod starts_of_models;
pub mod strace;

pub use model::Model;
pub use role::{Role, Step};
