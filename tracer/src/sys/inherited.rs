//! Descriptors that a parent left open for this process and named by their numbers.

use std::os::fd::{BorrowedFd, OwnedFd, RawFd};

/// A descriptor of our own for the same open file.
///
/// # Errors
/// It is no number of a descriptor, or not open.
pub fn own(number: RawFd) -> std::io::Result<OwnedFd> {
    if number < 0 {
        return Err(std::io::Error::other("no descriptor"));
    }
    // SAFETY: not -1 (just checked); used for one call only, which answers EBADF when it is not open.
    let borrowed = unsafe { BorrowedFd::borrow_raw(number) };
    Ok(rustix::io::fcntl_dupfd_cloexec(borrowed, 3)?)
}
