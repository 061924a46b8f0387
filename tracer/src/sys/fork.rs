//! A second process like this one.

use nix::unistd::{ForkResult, Pid};

/// Makes one; the parent gets its id, the child nothing. To be called while this process has one thread: the child goes on with
/// everything, and a lock that another thread held would stay locked there for ever.
///
/// # Errors
/// There is more than one thread, or the kernel's answer.
pub fn fork() -> std::io::Result<Option<Pid>> {
    let threads = std::fs::read_dir("/proc/self/task")?.count();
    if threads != 1 {
        return Err(std::io::Error::other("there is more than one thread"));
    }
    // SAFETY: no other thread exists (just counted; only this one could make one), so the child is a whole program.
    let made = unsafe { nix::unistd::fork() }.map_err(std::io::Error::from)?;
    Ok(match made {
        ForkResult::Parent { child } => Some(child),
        ForkResult::Child => None,
    })
}
