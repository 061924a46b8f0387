//! What runs already: processes, control groups, units and containers, for a recording that is not the one that starts them.
//!
//! Reads /proc and the tree of control groups; starts nothing but the container engines' `inspect`, for a name that is in none of their files.

pub mod container;
mod descriptor;
pub mod group;
pub mod names;
mod process;
pub mod program;
pub mod unit;

pub(in crate::source) use process::auxiliary;
pub use process::{regions, snapshot};
pub use program::{Owner, family, owner};
