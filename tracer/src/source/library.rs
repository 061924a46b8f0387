//! Reads library files: what they are, what they need, where their functions begin and return, and which file the
//! dynamic loader would pick for a name.
//!
//! Input: paths seen from some root (`/` or `/proc/PID/root`). Output: `event::library` values and places to probe.
//! All bytes are hostile: every read is a bounded `pread` of a range that was checked against the file's length,
//! nothing is mapped, counts are capped ([`limit`]) and a cut is reported. Nothing here runs, loads or changes a file.
//!
//! ```text
//! root -> identity -> image -> versions, table, relocation -> facts, functions, symbol -> returns
//! layout, cache, expand, verify, object -> search -> closure (with scope) -> candidates
//! ```

pub mod cache;
pub mod candidates;
pub mod closure;
pub mod constructors;
pub mod expand;
pub mod exports;
pub mod facts;
pub mod frames;
pub mod functions;
pub mod identity;
pub mod image;
pub mod layout;
pub mod limit;
pub mod object;
pub mod problem;
pub mod relocation;
pub mod returns;
pub mod root;
pub mod scope;
pub mod search;
pub mod symbol;
pub mod table;
pub mod verify;
pub mod versions;

#[cfg(test)]
mod subject;

pub use image::Image;
pub use problem::{Error, Problem};
pub use root::Root;
