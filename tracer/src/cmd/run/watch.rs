//! Signals to the recorder, and the end of the target.

use std::os::fd::{AsFd, OwnedFd};

use nix::sys::signal::{SigSet, Signal, kill};
use nix::sys::signalfd::{SfdFlags, SignalFd};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::Pid;
use rustix::process::{PidfdFlags, pidfd_open};
use tokio::io::unix::AsyncFd;
use tokio::sync::oneshot;

use crate::sys::readiness;

/// Signals that end a recording or are handed on.
const WATCHED: [Signal; 4] = [
    Signal::SIGINT,
    Signal::SIGTERM,
    Signal::SIGHUP,
    Signal::SIGQUIT,
];

/// Keeps the watched signals for [`Signals`]. To be called before anything else starts.
///
/// # Errors
/// The kernel's answer.
pub(in crate::cmd) fn block() -> std::io::Result<()> {
    let mut set = SigSet::empty();
    for signal in WATCHED {
        set.add(signal);
    }
    set.thread_block().map_err(std::io::Error::from)
}

/// A watched signal has come since it was asked last, and nobody took it.
pub(super) fn is_asked_to_end() -> bool {
    let mut set = SigSet::empty();
    for signal in WATCHED {
        set.add(signal);
    }
    let flags = SfdFlags::SFD_NONBLOCK | SfdFlags::SFD_CLOEXEC;
    SignalFd::with_flags(&set, flags)
        .and_then(|source| source.read_signal())
        .is_ok_and(|signal| signal.is_some())
}

/// The watched signals as they come.
pub(in crate::cmd) struct Signals {
    source: SignalFd,
    ready: AsyncFd<OwnedFd>,
}

/// A signal to the recorder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Arrived {
    /// Which.
    pub(super) signal: Signal,
    /// It came from the terminal, whose whole foreground group has it already.
    pub(super) from_terminal: bool,
}

impl Signals {
    /// # Errors
    /// The kernel's answer.
    pub(in crate::cmd) fn new() -> std::io::Result<Self> {
        let mut set = SigSet::empty();
        for signal in WATCHED {
            set.add(signal);
        }
        let source = SignalFd::with_flags(&set, SfdFlags::SFD_NONBLOCK | SfdFlags::SFD_CLOEXEC)?;
        let ready = readiness::readable(&source)?;
        Ok(Self { source, ready })
    }

    /// The next signal. Never ends when the descriptor fails.
    pub(super) async fn next(&self) -> Arrived {
        loop {
            let Ok(mut ready) = self.ready.readable().await else {
                std::future::pending().await
            };
            match self.source.read_signal() {
                Ok(Some(info)) => {
                    let number = i32::try_from(info.ssi_signo).unwrap_or(0);
                    if let Ok(signal) = Signal::try_from(number) {
                        // si_code above 0: by the kernel, on behalf of the terminal.
                        return Arrived {
                            signal,
                            from_terminal: info.ssi_code > 0,
                        };
                    }
                }
                _ => ready.clear_ready(),
            }
        }
    }
}

/// The target as a process of ours, or of others.
pub(in crate::cmd) struct Child {
    pid: Pid,
    end: End,
}

/// Who takes the target's status.
enum End {
    /// We do, when the descriptor says that it is there.
    Ours(AsyncFd<OwnedFd>),
    /// Its tracer, which tells it as wait(2) has it.
    Told(oneshot::Receiver<u32>),
    /// It was told.
    Known(Status),
    /// Another process, which has started it: the descriptor tells that it has ended.
    Others(AsyncFd<OwnedFd>),
    /// There is no target whose end would end the recording.
    Nobody,
}

impl Child {
    /// # Errors
    /// The kernel's answer.
    pub(super) fn new(pid: u32, told: Option<oneshot::Receiver<u32>>) -> std::io::Result<Self> {
        let end = match told {
            Some(told) => End::Told(told),
            None => End::Ours(readiness::readable(&descriptor(pid)?)?),
        };
        Ok(Self {
            pid: Pid::from_raw(pid.cast_signed()),
            end,
        })
    }

    /// A process that another one has started. It gets no signals of ours.
    ///
    /// # Errors
    /// It is gone.
    pub(in crate::cmd) fn of_others(pid: u32) -> std::io::Result<Self> {
        Ok(Self {
            pid: Pid::from_raw(pid.cast_signed()),
            end: End::Others(readiness::readable(&descriptor(pid)?)?),
        })
    }

    /// No process at all.
    pub(in crate::cmd) fn nobody() -> Self {
        Self {
            pid: Pid::from_raw(0),
            end: End::Nobody,
        }
    }

    /// The recorder has started it, and ends it.
    pub(super) fn is_ours(&self) -> bool {
        !matches!(self.end, End::Others(_) | End::Nobody)
    }

    /// Waits for its end and takes its status.
    pub(super) async fn ended(&mut self) -> Status {
        let fd = match &mut self.end {
            End::Ours(fd) => fd,
            End::Told(told) => {
                let status = told.await.map_or(Status::Exited(0), Status::of);
                self.end = End::Known(status);
                // A signal to the whole group came to us too, and why the target ended is to be known before that it did.
                tokio::task::yield_now().await;
                return status;
            }
            End::Known(status) => return *status,
            End::Others(fd) => {
                if fd.readable().await.is_err() {
                    std::future::pending::<()>().await;
                }
                self.end = End::Known(Status::Unknown);
                return Status::Unknown;
            }
            End::Nobody => std::future::pending().await,
        };
        loop {
            if let Ok(mut ready) = fd.readable().await {
                match waitpid(self.pid, Some(WaitPidFlag::WNOHANG)) {
                    Ok(WaitStatus::Exited(_, code)) => return Status::Exited(code),
                    Ok(WaitStatus::Signaled(_, signal, _)) => return Status::Killed(signal as i32),
                    Err(_) => return Status::Exited(0),
                    Ok(_) => ready.clear_ready(),
                }
            } else {
                std::future::pending::<()>().await;
            }
        }
    }

    /// Sends it a signal; that it is gone is no error.
    pub(super) fn signal(&self, signal: Signal) {
        if !self.is_ours() {
            return;
        }
        let _ = kill(self.pid, signal);
    }
}

fn descriptor(pid: u32) -> std::io::Result<OwnedFd> {
    let raw = rustix::process::Pid::from_raw(pid.cast_signed())
        .ok_or_else(|| std::io::Error::other("no process id"))?;
    Ok(pidfd_open(raw, PidfdFlags::NONBLOCK)?)
}

/// How the target ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::cmd) enum Status {
    /// By itself, with this code.
    Exited(i32),
    /// By this signal.
    Killed(i32),
    /// Its parent alone is told, or it goes on.
    Unknown,
}

impl Status {
    /// A status as wait(2) has it.
    fn of(raw: u32) -> Self {
        match raw & 0x7f {
            0 => Self::Exited((raw >> 8 & 0xff) as i32),
            signal => Self::Killed(signal as i32),
        }
    }

    /// As a shell reports it.
    pub(super) fn code(self) -> u8 {
        match self {
            Self::Exited(code) => u8::try_from(code & 0xff).unwrap_or(u8::MAX),
            Self::Killed(signal) => u8::try_from(128 + signal).unwrap_or(u8::MAX),
            Self::Unknown => 0,
        }
    }
}

/// True when standard error is a terminal.
pub(in crate::cmd) fn is_terminal() -> bool {
    rustix::termios::isatty(std::io::stderr().as_fd())
}
