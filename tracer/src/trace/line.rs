//! One event as one line of JSON, and back.
//!
//! `{"dt":12.345,"n":7,"p":"p2.1","tid":41,"dur":3.2,"up":5,"late":true,"open":{...}}`: what equals the natural
//! next value is left out, the kind is named by its key. Reading is typed and borrows; keys come in any order.

mod read;
mod write;

pub(super) use read::{head, parse, parse_kind_as_it_stands};
pub(super) use write::push;

/// The line before, from which a line counts on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Chain {
    /// Its number.
    pub(super) seq: u64,
    /// Its time, in nanoseconds of CLOCK_BOOTTIME.
    pub(super) time: u64,
}
