//! vgputrace records why Ollama did or did not use a GPU backend.
//!
//! ```text
//! source (engine: decode, order, loss) -> event -> trace (file)
//!                                           |
//!                              view (text, JSON)  <- trace (reader)
//! ```
//!
//! Layers and their allowed arrows are in docs/ARCHITECTURE.md; `cargo xtask tidy` checks them.

pub mod cli;
pub mod cmd;
pub mod diagnose;
pub mod diff;
pub mod discover;
pub mod event;
pub mod source;
pub mod sys;
pub mod trace;
pub mod tui;
pub mod view;
