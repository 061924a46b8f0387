//! One `dlopen` by the system's own dynamic loader, for `vgputrace try`: the tool itself may be a static binary, which has no loader.
//!
//! In: a library, then names of symbols. Out, on what was standard output: a line `begin`; then either a line `opened` and a
//! line for each symbol that is there, or a line `refused` and the loader's words to the end. What the library itself
//! writes goes to standard error. Ends with 0 or 1, or as the library's constructors will have it.

#![expect(unsafe_code, reason = "the loader is a C interface")]

use std::ffi::{CStr, CString, OsString};
use std::fs::File;
use std::io::Write as _;
use std::os::fd::FromRawFd as _;
use std::os::unix::ffi::OsStringExt as _;

fn main() {
    let mut words = std::env::args_os().skip(1).map(OsString::into_vec);
    let library = words.next().and_then(|word| CString::new(word).ok());
    // SAFETY: plain descriptors; a failure shows in `told`, which is asked.
    let told = unsafe {
        let told = libc::dup(1);
        libc::dup2(2, 1);
        told
    };
    let (Some(library), 0..) = (library, told) else {
        leave(2);
    };
    // SAFETY: this program made the descriptor a moment ago and uses it nowhere else.
    let mut told = unsafe { File::from_raw_fd(told) };
    let mut tell = |bytes: &[u8]| {
        if told.write_all(bytes).is_err() {
            leave(2);
        }
    };
    tell(b"begin\n");
    // As ggml does (ggml-backend-dl.cpp). What constructors do is not ours to answer for: this process exists for that.
    // SAFETY: a string that ends with NUL.
    let handle = unsafe { libc::dlopen(library.as_ptr(), libc::RTLD_NOW | libc::RTLD_LOCAL) };
    if handle.is_null() {
        tell(b"refused\n");
        // SAFETY: no other thread is here; the text is valid until the next call of the loader.
        let error = unsafe { libc::dlerror() };
        if !error.is_null() {
            // SAFETY: a text of the loader, which ends with NUL.
            tell(unsafe { CStr::from_ptr(error) }.to_bytes());
        }
        leave(1);
    }
    tell(b"opened\n");
    for symbol in words.filter_map(|word| CString::new(word).ok()) {
        // SAFETY: a handle that is never closed, and a string that ends with NUL.
        if !unsafe { libc::dlsym(handle, symbol.as_ptr()) }.is_null() {
            tell(&[symbol.to_bytes(), b"\n"].concat());
        }
    }
    leave(0);
}

/// Ends without running what libraries registered for the end.
fn leave(code: i32) -> ! {
    // SAFETY: it never returns and touches no memory.
    unsafe { libc::_exit(code) }
}
