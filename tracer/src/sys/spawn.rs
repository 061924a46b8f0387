//! Starts the target, held before its first instruction until the recorder is ready.
//!
//! ```text
//! parent: fork ---- attach probes ---- one byte ----------------- read: EOF = exec worked, errno = it did not
//! child:        wait for the byte (EOF: the recorder died: leave)  set user, groups, folder; exec
//! ```
//! Nothing is visible to the shell: no stop signal is used. Everything the child needs is made before the fork, since
//! after it only async-signal-safe functions may run.

use std::ffi::{CString, OsStr};
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd, RawFd};
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;

use nix::libc;

use super::filter::Filter;
use super::reserved::Reserved;

/// What to start.
#[derive(Clone, Debug)]
pub struct Command {
    /// The program: a path, already looked up.
    pub program: PathBuf,
    /// Arguments, the program's name first.
    pub args: Vec<std::ffi::OsString>,
    /// The whole environment.
    pub env: Vec<(std::ffi::OsString, std::ffi::OsString)>,
    /// User, group and supplementary groups to change to.
    pub user: Option<(u32, u32, Vec<u32>)>,
    /// Working directory to change to.
    pub cwd: Option<PathBuf>,
    /// File mode creation mask to set.
    pub umask: Option<u32>,
    /// Soft and hard limit of open files to set: the recorder has raised its own.
    pub open_files: Option<(u64, u64)>,
    /// A terminal that becomes its controlling terminal and its standard input, output and error: an open descriptor.
    pub terminal: Option<RawFd>,
    /// System calls that stop for a tracer, which has to be there by then.
    pub filter: Option<Filter>,
    /// Signals of the C library that it inherits as ignored.
    pub reserved: Reserved,
}

/// A child that waits.
pub struct Held {
    pid: u32,
    go: OwnedFd,
    answer: OwnedFd,
}

/// What the child could not do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Change to the user, the groups.
    User,
    /// Have system calls stop for the tracer.
    Filter,
    /// Change to the working directory.
    Directory,
    /// Execute the program.
    Exec,
    /// Take its terminal.
    Terminal,
}

/// The child could not become the target.
#[derive(Debug)]
pub struct Failed {
    /// At which step.
    pub step: Step,
    /// The kernel's answer.
    pub error: std::io::Error,
}

/// Forks a child that waits for [`Held::go`].
///
/// # Errors
/// A text with a NUL in it, or the kernel's answer to pipe and fork.
pub fn hold(command: &Command) -> std::io::Result<Held> {
    let text = |text: &OsStr| CString::new(text.as_bytes()).map_err(std::io::Error::other);
    let program = text(command.program.as_os_str())?;
    let args = command
        .args
        .iter()
        .map(|arg| text(arg))
        .collect::<std::io::Result<Vec<_>>>()?;
    let env = command
        .env
        .iter()
        .map(|(name, value)| {
            let mut entry = name.clone();
            entry.push("=");
            entry.push(value);
            text(&entry)
        })
        .collect::<std::io::Result<Vec<_>>>()?;
    let cwd = command
        .cwd
        .as_ref()
        .map(|cwd| text(cwd.as_os_str()))
        .transpose()?;
    let pointers = |list: &[CString]| -> Vec<*const libc::c_char> {
        list.iter()
            .map(|text| text.as_ptr())
            .chain([std::ptr::null()])
            .collect()
    };
    let (argv, envp) = (pointers(&args), pointers(&env));
    let (wait, go) = pipe()?;
    let (answer, tell) = pipe()?;
    // SAFETY: the child calls async-signal-safe functions only, on memory made before, and leaves by exec or _exit.
    match unsafe { libc::fork() } {
        -1 => Err(std::io::Error::last_os_error()),
        0 => {
            let (step, errno) = become_target(&Child {
                wait: wait.as_raw_fd(),
                go: go.as_raw_fd(),
                program: &program,
                argv: &argv,
                envp: &envp,
                user: command.user.as_ref(),
                cwd: cwd.as_ref(),
                umask: command.umask,
                open_files: command.open_files,
                terminal: command.terminal,
                filter: command.filter.as_ref(),
                reserved: command.reserved,
            });
            let word = [step as u8, errno.to_ne_bytes()[0], errno.to_ne_bytes()[1]];
            // SAFETY: an open descriptor and three bytes; then the child is gone.
            unsafe {
                libc::write(tell.as_raw_fd(), word.as_ptr().cast(), word.len());
                libc::_exit(126)
            }
        }
        pid => Ok(Held {
            pid: pid.unsigned_abs(),
            go,
            answer,
        }),
    }
}

impl Held {
    /// Its process id.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.pid
    }

    /// Lets it go on and waits until the program runs.
    ///
    /// # Errors
    /// Which step failed; the child has left then.
    pub fn go(self) -> Result<u32, Failed> {
        let Self { pid, go, answer } = self;
        let failed = |step, error| Failed { step, error };
        rustix::io::write(&go, b"x").map_err(|error| failed(Step::Exec, error.into()))?;
        drop(go);
        let mut word = [0; 3];
        let length = rustix::io::retry_on_intr(|| rustix::io::read(&answer, &mut word))
            .map_err(|error| failed(Step::Exec, error.into()))?;
        if length < word.len() {
            return Ok(pid);
        }
        let step = match word[0] {
            0 => Step::User,
            1 => Step::Filter,
            2 => Step::Directory,
            4 => Step::Terminal,
            _ => Step::Exec,
        };
        let errno = i32::from(u16::from_ne_bytes([word[1], word[2]]));
        Err(failed(step, std::io::Error::from_raw_os_error(errno)))
    }
}

struct Child<'a> {
    wait: RawFd,
    go: RawFd,
    program: &'a CString,
    argv: &'a [*const libc::c_char],
    envp: &'a [*const libc::c_char],
    user: Option<&'a (u32, u32, Vec<u32>)>,
    cwd: Option<&'a CString>,
    umask: Option<u32>,
    open_files: Option<(u64, u64)>,
    terminal: Option<RawFd>,
    filter: Option<&'a Filter>,
    reserved: Reserved,
}

/// The child's side. Returns only on failure.
fn become_target(child: &Child<'_>) -> (Step, u16) {
    let errno = || u16::try_from(nix::errno::Errno::last_raw()).unwrap_or(u16::MAX);
    // SAFETY: async-signal-safe calls on memory and descriptors made before the fork.
    unsafe {
        // The writing end must not keep our own read open.
        libc::close(child.go);
        let mut byte = 0_u8;
        if libc::read(child.wait, (&raw mut byte).cast(), 1) != 1 {
            libc::_exit(126);
        }
        // The recorder blocks and ignores signals; the target starts as from a shell.
        let mut none: libc::sigset_t = std::mem::zeroed();
        libc::sigemptyset(&raw mut none);
        libc::sigprocmask(libc::SIG_SETMASK, &raw const none, std::ptr::null_mut());
        libc::signal(libc::SIGPIPE, libc::SIG_DFL);
        if let Some(terminal) = child.terminal {
            let taken = libc::setsid() != -1
                && libc::ioctl(terminal, libc::TIOCSCTTY, 0) == 0
                && (0..3).all(|standard| libc::dup2(terminal, standard) == standard);
            if !taken {
                return (Step::Terminal, errno());
            }
        }
        if let Some((soft, hard)) = child.open_files {
            let limit = libc::rlimit {
                rlim_cur: soft,
                rlim_max: hard,
            };
            libc::setrlimit(libc::RLIMIT_NOFILE, &raw const limit);
        }
        // Before the change of user, which may take the right to it.
        if let Some(Err(error)) = child.filter.map(Filter::install) {
            return (Step::Filter, u16::try_from(error).unwrap_or(u16::MAX));
        }
        if let Some((uid, gid, groups)) = child.user
            && (libc::setgroups(groups.len(), groups.as_ptr()) != 0
                || libc::setgid(*gid) != 0
                || libc::setuid(*uid) != 0)
        {
            return (Step::User, errno());
        }
        if let Some(mask) = child.umask {
            libc::umask(mask);
        }
        if let Some(cwd) = child.cwd
            && libc::chdir(cwd.as_ptr()) != 0
        {
            return (Step::Directory, errno());
        }
        child.reserved.restore();
        libc::execve(
            child.program.as_ptr(),
            child.argv.as_ptr(),
            child.envp.as_ptr(),
        );
        (Step::Exec, errno())
    }
}

/// A pipe whose ends are closed at exec: reading end, writing end.
fn pipe() -> std::io::Result<(OwnedFd, OwnedFd)> {
    let mut ends = [0; 2];
    // SAFETY: room for two descriptors, which are ours from here on.
    unsafe {
        if libc::pipe2(ends.as_mut_ptr(), libc::O_CLOEXEC) != 0 {
            return Err(std::io::Error::last_os_error());
        }
        Ok((OwnedFd::from_raw_fd(ends[0]), OwnedFd::from_raw_fd(ends[1])))
    }
}

#[cfg(test)]
mod tests {
    use super::{Command, Reserved, Step, hold};

    fn command(program: &str, args: &[&str]) -> Command {
        Command {
            program: program.into(),
            args: args.iter().map(Into::into).collect(),
            env: vec![("A".into(), "b".into())],
            user: None,
            cwd: None,
            umask: None,
            open_files: None,
            terminal: None,
            filter: None,
            reserved: Reserved::default(),
        }
    }

    fn wait(pid: u32) -> i32 {
        use nix::sys::wait::{WaitStatus, waitpid};
        match waitpid(nix::unistd::Pid::from_raw(pid.cast_signed()), None).unwrap() {
            WaitStatus::Exited(_, code) => code,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_target_runs_after_the_word_and_not_before() {
        let folder = tempfile::tempdir().unwrap();
        let mark = folder.path().join("mark");
        let script = format!("test \"$A\" = b && : > {}; exit 7", mark.display());
        let held = hold(&command("/bin/sh", &["sh", "-c", &script])).unwrap();
        std::thread::sleep(std::time::Duration::from_millis(30));
        assert!(!mark.exists());
        let pid = held.go().unwrap();
        assert_eq!(wait(pid), 7);
        assert!(mark.exists());
    }

    #[test]
    fn a_program_that_cannot_run_says_why() {
        let held = hold(&command("/no/such/program", &["x"])).unwrap();
        let pid = held.pid();
        let failed = held.go().unwrap_err();
        assert_eq!(
            (failed.step, failed.error.raw_os_error()),
            (Step::Exec, Some(2))
        );
        assert_eq!(wait(pid), 126);
    }

    #[test]
    fn a_dead_recorder_leaves_no_child_behind() {
        let held = hold(&command("/bin/true", &["true"])).unwrap();
        let pid = held.pid();
        drop(held);
        assert_eq!(wait(pid), 126);
    }
}
