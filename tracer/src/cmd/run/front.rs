//! `run --tui` in two processes, so that Ctrl-Z stops the viewer while the recording goes on.
//!
//! ```text
//! shell --- front (this file: waits, hands signals on)  --- recorder (a group of its own) --- target (its own terminal)
//!              \___ one group, in the foreground ___/ viewer ___/
//! ```
//!
//! The shell sees the front: it stops with the viewer and comes back with it. The recorder is in no group that a terminal
//! stops; it ends when the front is gone.

use std::io;

use nix::sys::prctl::set_pdeathsig;
use nix::sys::signal::{SigSet, Signal, kill};
use nix::sys::signalfd::{SfdFlags, SignalFd};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::{Pid, getpgrp, getppid, setpgid};

use crate::sys::fork::fork;

/// Signals that are handed on to the recorder.
const HANDED_ON: [Signal; 4] = [
    Signal::SIGINT,
    Signal::SIGTERM,
    Signal::SIGHUP,
    Signal::SIGQUIT,
];

/// Which of the two this is.
pub(super) enum Side {
    /// The recorder; the viewer belongs into this group of processes.
    Recorder(Pid),
    /// The front, at its end: the recorder's exit code.
    Front(u8),
}

/// Makes two of this process. Comes back at once in the recorder, and in the front when the recorder has ended.
///
/// # Errors
/// The kernel's answer, before there are two.
pub(super) fn split() -> io::Result<Side> {
    let mut watched = SigSet::empty();
    for signal in HANDED_ON {
        watched.add(signal);
    }
    watched.add(Signal::SIGCHLD);
    watched.add(Signal::SIGCONT);
    watched.add(Signal::SIGWINCH);
    let old = watched.thread_swap_mask(nix::sys::signal::SigmaskHow::SIG_BLOCK)?;
    let (group, front) = (getpgrp(), Pid::this());
    let Some(recorder) = fork()? else {
        old.thread_set_mask()?;
        set_pdeathsig(Signal::SIGTERM)?;
        setpgid(Pid::from_raw(0), Pid::from_raw(0))?;
        if getppid() != front {
            return Err(io::Error::other("the process that showed it is gone"));
        }
        return Ok(Side::Recorder(group));
    };
    let source = SignalFd::with_flags(&watched, SfdFlags::SFD_CLOEXEC)?;
    loop {
        let Some(info) = source.read_signal()? else {
            continue;
        };
        let number = i32::try_from(info.ssi_signo).unwrap_or(0);
        match Signal::try_from(number) {
            Ok(Signal::SIGCHLD) => {
                if let Some(code) = ended(recorder) {
                    return Ok(Side::Front(code));
                }
            }
            // The terminal may have another size than when we were stopped.
            Ok(Signal::SIGWINCH | Signal::SIGCONT) => hand_on(recorder, Signal::SIGWINCH),
            Ok(signal) => hand_on(recorder, signal),
            Err(_) => {}
        }
    }
}

/// That the recorder has just ended is no error: its status comes next.
fn hand_on(recorder: Pid, signal: Signal) {
    let _ = kill(recorder, signal);
}

/// The recorder's exit code, as a shell reports it, once it has ended.
fn ended(recorder: Pid) -> Option<u8> {
    match waitpid(recorder, Some(WaitPidFlag::WNOHANG)) {
        Ok(WaitStatus::Exited(_, code)) => Some(u8::try_from(code & 0xff).unwrap_or(u8::MAX)),
        Ok(WaitStatus::Signaled(_, signal, _)) => {
            Some(u8::try_from(128 + signal as i32).unwrap_or(u8::MAX))
        }
        Ok(_) => None,
        Err(_) => Some(crate::cmd::report::RECORDER),
    }
}
