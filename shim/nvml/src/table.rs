//! What the build makes of the table of functions: an index for every name, words of codes, and the exported functions
//! that are not supported.

use std::ffi::CStr;

use crate::export::refused;

include!(concat!(env!("OUT_DIR"), "/table.rs"));

/// NVML's words for codes whose names do not give them; logs are searched for them.
static WORDS: &[(i32, &CStr)] = &[
    (0, c"Success"),
    (1, c"Uninitialized"),
    (2, c"Invalid Argument"),
    (3, c"Not Supported"),
    (4, c"Insufficient Permissions"),
    (5, c"Already Initialized"),
    (6, c"Not Found"),
    (7, c"Insufficient Size"),
    (8, c"Insufficient External Power"),
    (9, c"Driver Not Loaded"),
    (10, c"Timeout"),
    (11, c"Interrupt Request Issue"),
    (12, c"NVML Shared Library Not Found"),
    (13, c"Function Not Found"),
    (14, c"Corrupted infoROM"),
    (15, c"GPU is lost"),
    (16, c"GPU requires restart"),
    (17, c"The operating system has blocked the request."),
    (18, c"Driver/library version mismatch"),
    (19, c"GPU is currently in use"),
    (20, c"Insufficient Memory"),
    (21, c"No data"),
    (999, c"Unknown Error"),
];

/// The words for a code; those of the unknown error for a number that is none.
pub(crate) fn words(code: i32) -> &'static CStr {
    let find = |list: &'static [(i32, &CStr)]| {
        let at = list.binary_search_by_key(&code, |entry| entry.0).ok()?;
        list.get(at).map(|entry| entry.1)
    };
    find(WORDS)
        .or_else(|| find(CODES))
        .unwrap_or(c"Unknown Error")
}
