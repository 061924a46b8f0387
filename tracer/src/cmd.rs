//! The commands: the only place that wires the layers together and touches the outside world. Each takes plain props
//! and gives an exit code or a report.

pub mod ab;
pub mod attach;
pub mod check;
pub mod completions;
pub mod diff;
pub mod doctor;
pub mod expect;
pub mod explain;
pub mod man;
pub mod project;
pub mod replay;
pub mod report;
pub mod run;
pub mod shim;
pub mod show;
mod standard_output;
pub mod terminal;
pub mod try_load;

pub use report::Report;
