//! Damages a file that the compiler made.

use std::fs::{self, OpenOptions};
use std::os::unix::fs::FileExt;
use std::path::Path;

/// Writes bytes at an offset.
#[track_caller]
pub(crate) fn write_at(path: &Path, offset: u64, bytes: &[u8]) {
    let done = OpenOptions::new()
        .write(true)
        .open(path)
        .and_then(|file| file.write_all_at(bytes, offset));
    assert!(done.is_ok(), "{}: {done:?}", path.display());
}

/// Keeps the first bytes only.
#[track_caller]
pub(crate) fn cut(path: &Path, length: u64) {
    let done = OpenOptions::new()
        .write(true)
        .open(path)
        .and_then(|file| file.set_len(length));
    assert!(done.is_ok(), "{}: {done:?}", path.display());
}

/// Puts other content there.
#[track_caller]
pub(crate) fn replace(path: &Path, content: &[u8]) {
    let done = fs::write(path, content);
    assert!(done.is_ok(), "{}: {done:?}", path.display());
}
