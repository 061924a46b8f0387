//! `--tui`: the viewer beside a recording. The target gets a terminal of its own, whose output is recorded like any other
//! and shown in Log; the viewer is a process that follows the trace as it grows, so what is seen live is what a file shows.
//!
//! ```text
//! this process: records ---> trace ---> viewer (replay --follow) on the user's terminal
//!      ^   target on a terminal of its own  <--- keys ----|
//!      +------------------- SIGINT when the user leaves --+
//! ```
//!
//! The target's terminal has the size of the user's, also when that changes.

use std::fs::File;
use std::io::{self, IsTerminal as _, Read as _, Seek as _, SeekFrom, Write as _};
use std::os::fd::{AsRawFd as _, OwnedFd};
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::Child;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use nix::sys::signal::{SigSet, Signal, kill};
use nix::sys::signalfd::{SfdFlags, SignalFd};
use nix::unistd::Pid;
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};

use super::target::Target;
use super::watch;
use crate::cmd::Report;
use crate::cmd::report::RECORDER;

/// How often a viewer that outlives its recording is looked at.
const PAUSE: Duration = Duration::from_millis(50);

/// What a terminal makes SIGINT of (termios(3), VINTR).
const CONTROL_C: u8 = 3;

/// The target's terminal, and what is needed to give the user's own terminal to a viewer.
pub(super) struct Screen {
    master: OwnedFd,
    slave: OwnedFd,
}

/// A viewer at work.
pub(super) struct Viewer {
    pid: Pid,
    over: Arc<AtomicBool>,
    /// The recording has ended: nobody needs to be told any more.
    done: Arc<AtomicBool>,
    /// Standard error as it was; what is written meanwhile goes to a file.
    stderr: Option<(OwnedFd, File)>,
    /// The target takes it when it starts.
    _slave: OwnedFd,
}

impl Screen {
    /// Gives the target a terminal of the size of the user's.
    ///
    /// # Errors
    /// There is no terminal to show anything on, or the system has none left.
    pub(super) fn new(target: &mut Target) -> Result<Self, Report> {
        if !(io::stdout().is_terminal() && io::stdin().is_terminal()) {
            return Err(Report::new("--tui needs a terminal, and this is none")
                .help("record without it, and look later: vgputrace replay TRACE")
                .code(RECORDER));
        }
        Self::make(target).map_err(|error| {
            Report::new("cannot make a terminal for the command")
                .because(&error)
                .code(RECORDER)
        })
    }

    fn make(target: &mut Target) -> io::Result<Self> {
        let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC)?;
        grantpt(&master)?;
        unlockpt(&master)?;
        let name = ptsname(&master, Vec::new())?;
        let flags =
            rustix::fs::OFlags::RDWR | rustix::fs::OFlags::NOCTTY | rustix::fs::OFlags::CLOEXEC;
        let slave = rustix::fs::open(name.as_c_str(), flags, rustix::fs::Mode::empty())?;
        if let Ok(size) = rustix::termios::tcgetwinsize(io::stdout()) {
            rustix::termios::tcsetwinsize(&slave, size)?;
        }
        if let Some((uid, ..)) = &target.command.user {
            let uid = rustix::fs::Uid::from_raw(*uid);
            rustix::fs::fchown(&slave, Some(uid), None)?;
        }
        // For `follow_the_size`; blocked before there is another thread.
        of_size().thread_block()?;
        target.command.terminal = Some(slave.as_raw_fd());
        Ok(Self { master, slave })
    }

    /// Starts the viewer on a trace that has its first line, in a group of processes that is in the foreground. When the
    /// user leaves it, this process is interrupted.
    ///
    /// # Errors
    /// The viewer cannot be started.
    pub(super) fn show(self, trace: &Path, group: Option<Pid>) -> Result<Viewer, Report> {
        self.start(trace, group).map_err(|error| {
            Report::new("cannot start the viewer")
                .because(&error)
                .code(RECORDER)
        })
    }

    fn start(self, trace: &Path, group: Option<Pid>) -> io::Result<Viewer> {
        // The viewer types into it; nobody else is started while it is open.
        let keys = rustix::io::dup(&self.master)?;
        let mut command = std::process::Command::new("/proc/self/exe");
        command
            .args(["replay", "--keyboard", &keys.as_raw_fd().to_string()])
            .arg("--follow")
            .arg(trace);
        if let Some(group) = group {
            command.process_group(group.as_raw());
        }
        let child = command.spawn()?;
        drop(keys);
        let viewer = Viewer {
            pid: Pid::from_raw(child.id().cast_signed()),
            over: Arc::default(),
            done: Arc::default(),
            stderr: set_aside().ok(),
            _slave: self.slave,
        };
        let (over, done) = (Arc::clone(&viewer.over), Arc::clone(&viewer.done));
        let mut master = File::from(self.master);
        let (keyboard, sized) = (master.try_clone()?, master.try_clone()?);
        let source = SignalFd::with_flags(&of_size(), SfdFlags::SFD_CLOEXEC)?;
        std::thread::spawn(move || follow_the_size(&source, &sized));
        std::thread::spawn(move || watch_viewer(child, keyboard, &over, &done));
        // The target must never wait for a reader. What it writes is in the trace already.
        std::thread::spawn(move || {
            let mut room = [0; 4_096];
            while master.read(&mut room).is_ok_and(|length| length > 0) {}
        });
        Ok(viewer)
    }
}

/// The signal that says that the user's terminal has another size.
fn of_size() -> SigSet {
    let mut set = SigSet::empty();
    set.add(Signal::SIGWINCH);
    set
}

/// Gives the target's terminal the size of the user's; the kernel tells the target (tty_ioctl(4), TIOCSWINSZ).
fn follow_the_size(source: &SignalFd, terminal: &File) {
    while source.read_signal().is_ok() {
        if let Ok(size) = rustix::termios::tcgetwinsize(io::stdout()) {
            let _ = rustix::termios::tcsetwinsize(terminal, size);
        }
    }
}

/// Waits for the viewer's end, which ends the recording.
fn watch_viewer(mut child: Child, mut keyboard: File, over: &AtomicBool, done: &AtomicBool) {
    let _ = child.wait();
    over.store(true, Ordering::SeqCst);
    if !done.load(Ordering::SeqCst) {
        // Ctrl-C for all that stands in the foreground of the target's terminal, then the recorder's own way.
        let _ = keyboard.write_all(&[CONTROL_C]);
        let _ = kill(Pid::this(), Signal::SIGINT);
    }
}

impl Viewer {
    /// The recording has ended: the user looks on as long as he likes, unless it was a signal from outside that ended it.
    pub(super) fn wait(self, interrupted: bool) {
        self.done.store(true, Ordering::SeqCst);
        let mut ending = interrupted;
        while !self.over.load(Ordering::SeqCst) {
            if ending || watch::is_asked_to_end() {
                let _ = kill(self.pid, Signal::SIGTERM);
                ending = false;
            }
            std::thread::sleep(PAUSE);
        }
        if let Some((old, kept)) = self.stderr {
            let _ = give_back(&old, kept);
        }
    }
}

/// Words on standard error would tear the viewer's screen.
fn set_aside() -> io::Result<(OwnedFd, File)> {
    let old = rustix::io::fcntl_dupfd_cloexec(io::stderr(), 3)?;
    let kept = tempfile::tempfile()?;
    rustix::stdio::dup2_stderr(&kept)?;
    Ok((old, kept))
}

fn give_back(old: &OwnedFd, mut kept: File) -> io::Result<()> {
    rustix::stdio::dup2_stderr(old)?;
    kept.seek(SeekFrom::Start(0))?;
    io::copy(&mut kept, &mut io::stderr())?;
    Ok(())
}
