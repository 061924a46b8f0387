//! dlopen in a process of its own, and how that process is made harmless.

use std::ffi::{CStr, c_int, c_void};
use std::os::unix::process::CommandExt as _;
use std::process::Command;
use std::ptr::NonNull;

use nix::libc;

/// A library that was loaded. It is never unloaded: the process ends.
#[derive(Debug)]
pub struct Loaded(NonNull<c_void>);

/// Loads a library as ggml does, `RTLD_NOW | RTLD_LOCAL` (ggml-backend-dl.cpp). Its constructors run: only for a process
/// that does nothing else.
///
/// # Errors
/// The loader's words.
pub fn open(path: &CStr) -> Result<Loaded, Vec<u8>> {
    // SAFETY: a string that ends with NUL. What constructors do is not ours to answer for: this process exists for that.
    let handle = unsafe { libc::dlopen(path.as_ptr(), libc::RTLD_NOW | libc::RTLD_LOCAL) };
    NonNull::new(handle).map(Loaded).ok_or_else(|| {
        // SAFETY: no other thread is here; the text is valid until the next call of the loader, and copied before.
        unsafe {
            let text = libc::dlerror();
            if text.is_null() {
                Vec::new()
            } else {
                CStr::from_ptr(text).to_bytes().to_vec()
            }
        }
    })
}

impl Loaded {
    /// The library has a symbol of this name.
    #[must_use]
    pub fn has(&self, name: &CStr) -> bool {
        // SAFETY: a handle that dlopen gave and that is never closed, and a string that ends with NUL.
        !unsafe { libc::dlsym(self.0.as_ptr(), name.as_ptr()) }.is_null()
    }
}

/// Ends this process without running what libraries registered for its end.
pub fn leave(code: c_int) -> ! {
    // SAFETY: it never returns and touches no memory.
    unsafe { libc::_exit(code) }
}

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
