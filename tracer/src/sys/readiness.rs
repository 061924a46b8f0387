//! Descriptors whose readiness the event loop waits for.

use std::os::fd::{AsFd, OwnedFd};

use tokio::io::Interest;
use tokio::io::unix::AsyncFd;

/// A descriptor of our own for the same open file, watched for reading. To be called inside the runtime.
///
/// # Errors
/// No descriptor is free, or epoll refuses the file.
pub fn readable(file: &impl AsFd) -> std::io::Result<AsyncFd<OwnedFd>> {
    let own = file.as_fd().try_clone_to_owned()?;
    // SAFETY: the descriptor is owned by what is registered, so it stays open and the same until it is deregistered.
    unsafe { AsyncFd::register_with_interest(own, Interest::READABLE) }
        .map_err(std::io::Error::from)
}
