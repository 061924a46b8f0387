//! Processes that run already: taken as they are, every system call a stop, and let go again with nothing of ours in them.
//!
//! A filter cannot be put into somebody else's process, and a breakpoint that outlives its tracer kills whoever meets it. So
//! there is neither: when the tracer is killed, the kernel lets all go, and they go on.

use std::collections::HashSet;
use std::io;

use nix::libc;

use super::engine::Engine;
use super::filter;
use super::space::Space;
use crate::source::running;
use crate::sys::ptrace::{self, Report, Resume, Stop, Stopped};

impl Engine {
    /// Takes these processes and all below them. Returns how many there are.
    ///
    /// # Errors
    /// The kernel lets this process trace none of them.
    pub(super) fn take_running(&mut self, roots: &[u32]) -> io::Result<usize> {
        let mut count = 0;
        let mut tried = HashSet::from([std::process::id()]);
        let mut refused = None;
        loop {
            let mut is_new = false;
            for pid in running::family(roots) {
                if self.processes.contains_key(&pid) || !tried.insert(pid) {
                    continue;
                }
                match self.take_process(pid) {
                    Ok(()) => {
                        count += 1;
                        is_new = true;
                    }
                    // A child that was made meanwhile is traced already; its parent's stop will tell of it.
                    Err(error) => _ = refused.get_or_insert(error),
                }
            }
            if !is_new {
                break;
            }
        }
        match refused {
            Some(error) if count == 0 => Err(error),
            _ => Ok(count),
        }
    }

    fn take_process(&mut self, pid: u32) -> io::Result<()> {
        let mut taken = Vec::new();
        let mut seen = HashSet::new();
        loop {
            let mut is_new = false;
            for tid in threads(pid) {
                if !seen.insert(tid) {
                    continue;
                }
                match ptrace::seize_running(tid) {
                    Ok(()) => {
                        is_new = true;
                        taken.push(tid);
                    }
                    // One that a thread has made since it is traced is traced too.
                    Err(_) if !taken.is_empty() => {}
                    Err(error) => return Err(error),
                }
            }
            if !is_new {
                break;
            }
        }
        if taken.is_empty() {
            return Err(io::Error::from_raw_os_error(libc::ESRCH));
        }
        self.adopt(pid, pid, Space::of(pid));
        for tid in taken.iter().filter(|tid| **tid != pid) {
            self.add_thread(pid, *tid);
        }
        if let Some(already) = running::snapshot(pid) {
            let mut shared = self.link.lock();
            let shared = &mut *shared;
            shared.tracker.already(already, &mut shared.story);
        }
        self.plant_image(pid);
        for tid in taken {
            // From its next stop on, every call of it stops.
            let _ = ptrace::interrupt(tid);
        }
        Ok(())
    }

    /// A call begins or ends, in a process without a filter.
    pub(super) fn any_system_call(&mut self, stopped: Stopped) {
        let Ok(info) = stopped.system_call() else {
            return self.go_on(stopped, 0);
        };
        if !info.begins {
            return self.system_call_ends(stopped);
        }
        let wanted = info.arch != ptrace::ARCH_64
            || u32::try_from(info.number).is_ok_and(|number| filter::stops(number, &info.args));
        if wanted {
            self.system_call_begins(stopped);
        } else {
            self.resume(stopped, Resume::Continue, 0);
        }
    }

    /// Lets all go, each at its next stop, which is now; with the signal that it was about to get.
    pub(super) fn leave_all(mut self) {
        let mut gone = HashSet::new();
        for (tid, stopped) in self.early.take_all() {
            let _ = stopped.detach(0);
            gone.insert(tid);
        }
        let mut waiting: HashSet<u32> = self.threads.keys().copied().collect();
        waiting.retain(|tid| !gone.contains(tid) && ptrace::interrupt(*tid).is_ok());
        while !waiting.is_empty() {
            match ptrace::wait_or_wake() {
                Ok(Some(Report::Stopped(stopped, stop))) => {
                    let signal = match stop {
                        Stop::Signal(signal) => signal,
                        _ => 0,
                    };
                    let has_child = matches!(
                        stop,
                        Stop::Event(
                            ptrace::EVENT_FORK | ptrace::EVENT_VFORK | ptrace::EVENT_CLONE,
                            _
                        )
                    );
                    if let Ok(child) = stopped.message()
                        && has_child
                        && !gone.contains(&child)
                    {
                        waiting.insert(child);
                    }
                    waiting.remove(&stopped.tid());
                    gone.insert(stopped.tid());
                    let _ = stopped.detach(signal);
                }
                Ok(Some(Report::Ended(tid, _))) => _ = waiting.remove(&tid),
                Ok(None) => {}
                Err(_) => return,
            }
        }
    }
}

/// Threads of a process.
fn threads(pid: u32) -> Vec<u32> {
    let entries = std::fs::read_dir(format!("/proc/{pid}/task"));
    let mut tids: Vec<u32> = entries
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
        .collect();
    tids.sort_unstable();
    tids
}
