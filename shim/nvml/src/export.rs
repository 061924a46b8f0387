//! Exported functions: what is done at each call.

use std::ffi::c_int;

use vgputrace_abi::{guard, note};
use vgputrace_device::Code;

use crate::{abi, session, table};

pub(crate) use vgputrace_abi::{export, refused};

/// Does the work of a call, unless a fault is about it.
pub(crate) fn call(index: usize, work: impl FnOnce() -> Result<(), Code>) -> c_int {
    guard::call(session::faults, (index, name), work)
}

/// The answer of what is not supported.
pub(crate) fn refuse(index: usize) -> c_int {
    call(index, || {
        note::write(name(index), "not supported");
        Err(abi::NOT_SUPPORTED)
    })
}

fn name(index: usize) -> &'static str {
    table::ROWS.get(index).map_or("?", |row| row.0)
}
