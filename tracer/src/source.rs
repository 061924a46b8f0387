//! Where facts come from: the engines, and what they read from files. Turns bytes into `event` values; keeps no trace.

pub mod library;
