//! Calls of GPU drivers and runtimes: each decoded as its table says, none lost, and what it costs others.

mod backend;
mod by_value;
mod constructors;
mod counted;
mod devices;
mod hold;
mod lookup;
mod neutral;
mod others;
mod table;
