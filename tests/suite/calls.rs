//! Calls of GPU drivers and runtimes: each decoded as its table says, none lost, and what it costs others.

mod counted;
mod others;
mod table;
