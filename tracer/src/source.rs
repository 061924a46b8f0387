//! Where events come from, and how the program they come from is started.

pub mod advice;
pub mod discovery_end;
pub mod unit;
pub mod user;
