//! What the build makes of the table of functions: an index for every name, its address, names of codes, and the
//! exported functions that are not supported.

use std::ffi::CStr;

use crate::calls::*;
use crate::export::refused;
use crate::messages;

/// What is known of an exported function.
pub(crate) struct Row {
    /// The symbol.
    pub(crate) name: &'static str,
    /// The name that programs ask for.
    pub(crate) base: &'static str,
    /// Version of its binary interface.
    pub(crate) version: u8,
    /// The CUDA version that brought it.
    pub(crate) since: u16,
    /// It means each thread's own default stream.
    pub(crate) per_thread: bool,
}

/// Where a function is.
struct Address(*const ());

// SAFETY: it only ever points to code, which does not change.
unsafe impl Sync for Address {}

include!(concat!(env!("OUT_DIR"), "/table.rs"));

/// The address of an exported function.
pub(crate) fn address(index: usize) -> *const () {
    ADDRESSES
        .get(index)
        .map_or(std::ptr::null(), |address| address.0)
}

/// The name of a result code and the driver's words for it; none for a number that is no code.
pub(crate) fn code(number: i32) -> Option<(&'static CStr, &'static CStr)> {
    let at = CODES.binary_search_by_key(&number, |entry| entry.0).ok()?;
    let (_, name, words) = CODES.get(at)?;
    Some((name, messages::text(number).unwrap_or(words)))
}
