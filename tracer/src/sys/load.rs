//! How a process that loads foreign libraries is made harmless, and how it begins below another root.

use std::ffi::{CString, c_char};
use std::fs::File;
use std::os::fd::AsRawFd as _;
use std::os::unix::process::CommandExt as _;
use std::process::Command;

use nix::libc;

/// User, group, supplementary groups.
pub type Credentials = (u32, u32, Vec<u32>);

/// A root that is not ours (`/proc/PID/root`), and what is executed below it: a program that is not in there, so it is given
/// as an open file (execveat(2)). Its interpreter is the one below that root.
#[derive(Debug)]
pub struct Below {
    root: File,
    cwd: CString,
    program: File,
    arguments: Words,
    environment: Words,
}

impl Below {
    /// Puts it together. The words of the environment are `NAME=VALUE`.
    #[must_use]
    pub fn new(
        root: File,
        cwd: CString,
        program: File,
        arguments: Vec<CString>,
        environment: Vec<CString>,
    ) -> Self {
        Self {
            root,
            cwd,
            program,
            arguments: Words::new(arguments),
            environment: Words::new(environment),
        }
    }

    /// Goes there. Async-signal-safe.
    fn enter(&self) -> bool {
        // SAFETY: async-signal-safe calls on open files and on words that end in NUL and live as long as this.
        unsafe {
            libc::fchdir(self.root.as_raw_fd()) == 0
                && libc::chroot(c".".as_ptr()) == 0
                && libc::chdir(self.cwd.as_ptr()) == 0
        }
    }

    /// Comes back only when it fails. Async-signal-safe.
    fn execute(&self) {
        // SAFETY: both lists end in a null pointer and point at words that live as long as this.
        unsafe {
            libc::syscall(
                libc::SYS_execveat,
                self.program.as_raw_fd(),
                c"".as_ptr(),
                self.arguments.pointers.as_ptr(),
                self.environment.pointers.as_ptr(),
                libc::AT_EMPTY_PATH,
            );
        }
    }
}

/// Words as execve(2) takes them: pointers to each, and a null pointer at the end.
#[derive(Debug)]
struct Words {
    /// What the pointers point at.
    _kept: Vec<CString>,
    pointers: Vec<*const c_char>,
}

// SAFETY: the pointers lead to the words beside them, on the heap, which are never changed.
unsafe impl Send for Words {}
// SAFETY: as above; nothing is written through them.
unsafe impl Sync for Words {}

impl Words {
    fn new(words: Vec<CString>) -> Self {
        let ends = std::iter::once(std::ptr::null());
        let pointers = words.iter().map(|word| word.as_ptr()).chain(ends).collect();
        Self {
            _kept: words,
            pointers,
        }
    }
}

/// The command's process gets these credentials, leaves no core dump, and ends with its parent. With a root that is not ours
/// it goes there first, and executes what is said there instead of the command's program.
pub fn contain(command: &mut Command, credentials: Option<Credentials>, below: Option<Below>) {
    let prepare = move || {
        let failed = std::io::Error::last_os_error;
        let none = libc::rlimit {
            rlim_cur: 0,
            rlim_max: 0,
        };
        if below.as_ref().is_some_and(|below| !below.enter()) {
            return Err(failed());
        }
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
        if let Some(below) = &below {
            below.execute();
            return Err(failed());
        }
        Ok(())
    };
    // SAFETY: the closure calls async-signal-safe functions only, and allocates nothing.
    unsafe {
        command.pre_exec(prepare);
    }
}
