//! How a process that loads foreign libraries is made harmless.

use std::os::unix::process::CommandExt as _;
use std::process::Command;

use nix::libc;

/// User, group, supplementary groups.
pub type Credentials = (u32, u32, Vec<u32>);

/// The command's process gets these credentials, leaves no core dump, and ends with its parent.
pub fn contain(command: &mut Command, credentials: Option<Credentials>) {
    let prepare = move || {
        let failed = std::io::Error::last_os_error;
        let none = libc::rlimit {
            rlim_cur: 0,
            rlim_max: 0,
        };
        // SAFETY: async-signal-safe calls on memory made before the fork.
        unsafe {
            libc::setrlimit(libc::RLIMIT_CORE, &raw const none);
            if let Some((uid, gid, groups)) = &credentials
                && (libc::setgroups(groups.len(), groups.as_ptr()) != 0
                    || libc::setgid(*gid) != 0
                    || libc::setuid(*uid) != 0)
            {
                return Err(failed());
            }
            // After setuid, which takes it back (prctl(2)).
            libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL);
        }
        Ok(())
    };
    // SAFETY: the closure calls async-signal-safe functions only, and allocates nothing.
    unsafe {
        command.pre_exec(prepare);
    }
}
