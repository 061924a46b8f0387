//! A recording in progress, whichever engine makes it.

use std::fs::File;
use std::os::fd::{AsFd, BorrowedFd};
use std::path::Path;

use tokio::sync::oneshot;

use super::ebpf::awaited::Awaited;
use super::ebpf::kernel::Kernel;
use super::plan::Interest;
use super::{ebpf, ptrace};
use crate::event::{Event, Kind};

/// An engine at work.
pub enum Session {
    /// Programs in the kernel.
    Ebpf(Box<ebpf::session::Session>, Box<Kernel>),
    /// Stops of the target.
    Ptrace(ptrace::Session),
}

/// An error of an engine.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Of the eBPF engine.
    #[error(transparent)]
    Ebpf(#[from] ebpf::Error),
    /// Of the ptrace engine.
    #[error(transparent)]
    Ptrace(#[from] ptrace::Error),
    /// ptrace cannot take a process from its first instruction that another one starts.
    #[error("only eBPF can wait for a program that somebody else starts")]
    CannotWait,
}

impl Error {
    /// What the user can do, one line each.
    #[must_use]
    pub fn help(&self) -> Vec<String> {
        match self {
            Self::Ebpf(error) => error.help(),
            Self::Ptrace(error) => error.help(),
            Self::CannotWait => vec![
                "give this program the rights (vgputrace setup-caps), or take what runs: --pid N"
                    .to_owned(),
            ],
        }
    }
}

impl Session {
    /// The engine's name in a trace.
    #[must_use]
    pub fn engine(&self) -> &'static str {
        match self {
            Self::Ebpf(..) => "ebpf",
            Self::Ptrace(_) => "ptrace",
        }
    }

    /// Watches a file before anything runs.
    ///
    /// # Errors
    /// The kernel refuses a probe.
    pub fn probe(&mut self, path: &Path, interest: Interest) -> Result<(), Error> {
        match self {
            Self::Ebpf(session, _) => {
                let name = path.to_string_lossy();
                session.probe(path, &name, interest).map(drop)?;
            }
            Self::Ptrace(session) => session.probe(path, interest),
        }
        Ok(())
    }

    /// Watches a file that somebody waits to open; with ptrace nobody waits, since a file is watched when it is mapped.
    pub fn probe_held(&mut self, file: &File, path: &str) {
        if let Self::Ebpf(session, _) = self {
            session.probe_held(file, path);
        }
    }

    /// Follows the held target from now on. An engine that takes the target's status in place of its parent returns what
    /// will tell it.
    ///
    /// # Errors
    /// The kernel refuses.
    pub fn follow(
        &mut self,
        tgid: u32,
        cwd: &str,
    ) -> Result<Option<oneshot::Receiver<u32>>, Error> {
        match self {
            Self::Ebpf(session, kernel) => {
                session.attach(kernel)?;
                session.follow(tgid, cwd)?;
                Ok(None)
            }
            Self::Ptrace(session) => Ok(Some(session.follow(tgid, cwd)?)),
        }
    }

    /// Watches a file of another mount namespace, which has the name `name` there.
    ///
    /// # Errors
    /// The kernel refuses a probe.
    pub fn probe_as(&mut self, path: &Path, name: &str, interest: Interest) -> Result<(), Error> {
        match self {
            Self::Ebpf(session, _) => session.probe(path, name, interest).map(drop)?,
            Self::Ptrace(session) => session.probe(path, interest),
        }
        Ok(())
    }

    /// Follows processes that run already with all below them, and from their next start on those that are waited for. Returns
    /// how many run.
    ///
    /// # Errors
    /// The kernel refuses, or the engine cannot wait.
    pub fn join(
        &mut self,
        roots: &[u32],
        awaited: &Awaited,
        events: &mut Vec<Event>,
    ) -> Result<usize, Error> {
        match self {
            Self::Ebpf(session, kernel) => {
                session.attach(kernel)?;
                if !awaited.is_empty() {
                    session.wait_for(awaited)?;
                }
                Ok(session.adopt(roots, events)?)
            }
            Self::Ptrace(_) if !awaited.is_empty() => Err(Error::CannotWait),
            Self::Ptrace(session) => Ok(session.adopt(roots, events)?),
        }
    }

    /// Waits for members of other control groups than before, and follows those that are there. Returns how many are.
    ///
    /// # Errors
    /// The kernel refuses, or the engine cannot wait.
    pub fn change_groups(
        &mut self,
        groups: &[String],
        old: &[String],
        members: &dyn Fn() -> Vec<u32>,
        events: &mut Vec<Event>,
    ) -> Result<usize, Error> {
        match self {
            Self::Ebpf(session, _) => {
                session.change_groups(groups, old)?;
                // Whoever started before the kernel knew is there by now.
                Ok(session.adopt(&members(), events)?)
            }
            Self::Ptrace(_) => Err(Error::CannotWait),
        }
    }

    /// Traced processes that are alive.
    #[must_use]
    pub fn alive(&self) -> usize {
        match self {
            Self::Ebpf(session, _) => session.alive(),
            Self::Ptrace(session) => session.alive(),
        }
    }

    /// An event of the recorder itself. Those that are numbered before it go into `events`.
    pub fn own(&mut self, time: u64, kind: Kind, events: &mut Vec<Event>) -> Event {
        match self {
            Self::Ebpf(session, _) => session.own(time, kind),
            Self::Ptrace(session) => session.own(time, kind, events),
        }
    }

    /// Takes the events that wait. Returns true when there may be more.
    pub fn take(&mut self, events: &mut Vec<Event>) -> bool {
        match self {
            Self::Ebpf(session, _) => session.take(events),
            Self::Ptrace(session) => session.take(events),
        }
    }

    /// Looks after losses and calls that hang. To be called about once a second.
    ///
    /// # Errors
    /// The kernel side's tables are gone.
    pub fn look(&mut self, now: u64, events: &mut Vec<Event>) -> Result<(), Error> {
        match self {
            Self::Ebpf(session, _) => session.look(now, events)?,
            Self::Ptrace(session) => session.look(now, events),
        }
        Ok(())
    }

    /// The last events: what is still open, what was lost.
    ///
    /// # Errors
    /// The kernel side's tables are gone.
    pub fn end(&mut self, now: u64, events: &mut Vec<Event>) -> Result<(), Error> {
        match self {
            Self::Ebpf(session, _) => session.end(now, events)?,
            Self::Ptrace(session) => session.end(now, events),
        }
        Ok(())
    }

    /// Records lost so far, or breakpoints of ptrace at which calls may have been missed.
    #[must_use]
    pub fn lost(&self) -> u64 {
        match self {
            Self::Ebpf(session, _) => session.lost(),
            Self::Ptrace(session) => session.lost(),
        }
    }

    /// Functions that are watched.
    #[must_use]
    pub fn functions(&self) -> u64 {
        match self {
            Self::Ebpf(session, _) => session.functions(),
            Self::Ptrace(session) => session.functions(),
        }
    }

    /// Calls of watched functions by processes that are not traced; `None` when they could not be counted. Breakpoints of
    /// ptrace are in the traced processes alone.
    #[must_use]
    pub fn others(&self) -> Option<u64> {
        match self {
            Self::Ebpf(session, _) => session.others(),
            Self::Ptrace(_) => Some(0),
        }
    }
}

impl AsFd for Session {
    fn as_fd(&self) -> BorrowedFd<'_> {
        match self {
            Self::Ebpf(session, _) => session.as_fd(),
            Self::Ptrace(session) => session.as_fd(),
        }
    }
}
