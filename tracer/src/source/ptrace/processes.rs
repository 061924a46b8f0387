//! Threads and processes as they come and go.

use std::cell::RefCell;
use std::rc::Rc;

use nix::libc;
use vgputrace_ebpf::wire::syscall::nr;
use vgputrace_ebpf::wire::{Compat, Exit, Fork};

use super::engine::Engine;
use super::functions::{Landing, OpenCall};
use super::memory;
use super::space::Space;
use super::system_calls::Call;
use crate::source::record::Body;
use crate::sys::ptrace::{self, Resume, Stop, Stopped};

/// A traced thread.
pub(super) struct Thread {
    /// Its process.
    pub(super) tgid: u32,
    /// The system call it is in, whose end is wanted.
    pub(super) call: Option<Call>,
    /// The file name of the exec it is in.
    pub(super) file: Option<Vec<u8>>,
    /// Calls that will come back to their callers.
    pub(super) landings: Vec<Landing>,
    /// Calls whose outputs are read when they come back.
    pub(super) open: Vec<OpenCall>,
    /// A breakpoint that was told and could not be passed yet.
    pub(super) told: Option<u64>,
}

/// A traced process.
pub(super) struct Process {
    /// Its memory.
    pub(super) space: Rc<RefCell<Space>>,
    /// 32-bit system calls so far.
    pub(super) compat: u64,
}

impl Engine {
    /// A process that is traced from now on, with its first thread.
    pub(super) fn adopt(&mut self, tgid: u32, tid: u32, space: Space) {
        self.insert(tgid, tid, Rc::new(RefCell::new(space)));
    }

    fn insert(&mut self, tgid: u32, tid: u32, space: Rc<RefCell<Space>>) {
        self.processes.insert(tgid, Process { space, compat: 0 });
        self.add_thread(tgid, tid);
    }

    pub(super) fn add_thread(&mut self, tgid: u32, tid: u32) {
        let thread = Thread {
            tgid,
            call: None,
            file: None,
            landings: Vec::new(),
            open: Vec::new(),
            told: None,
        };
        self.threads.insert(tid, thread);
    }

    /// fork, vfork or clone has made a child, which the kernel traces already.
    pub(super) fn has_child(&mut self, stopped: Stopped, stop: Stop) {
        let tid = stopped.tid();
        let tgid = self.process_of(tid);
        let call = self.threads.get_mut(&tid).and_then(|one| one.call.take());
        self.link.lock().in_flight.remove(&tid);
        if let Ok(child) = stopped.message() {
            let flags = call.as_ref().and_then(|call| clone_flags(tid, call));
            let is_thread = match flags {
                Some(flags) => flags & libc::CLONE_THREAD as u64 != 0,
                None => {
                    stop == Stop::Event(ptrace::EVENT_CLONE, 0) && group_of(child) == Some(tgid)
                }
            };
            if is_thread {
                self.add_thread(tgid, child);
            } else {
                let shares = flags.map_or(
                    matches!(stop, Stop::Event(ptrace::EVENT_VFORK, _)),
                    |flags| flags & libc::CLONE_VM as u64 != 0,
                );
                let space = self.space_for(tgid, child, shares);
                self.has_process((tgid, tid), child, space);
            }
            if let Some(early) = self.early.take(child) {
                self.resume(early, Resume::Continue, 0);
            }
        }
        // It was made, so the end of the call says nothing more.
        self.resume(stopped, Resume::Continue, 0);
    }

    /// The memory of a new child: its parent's own, or a copy of it.
    fn space_for(&self, tgid: u32, child: u32, shares: bool) -> Rc<RefCell<Space>> {
        let others = self.threads.values().filter(|one| one.tgid == tgid).count() > 1;
        match self.processes.get(&tgid) {
            Some(process) if shares => Rc::clone(&process.space),
            Some(process) => {
                let copy = process.space.borrow().copied(child, others);
                Rc::new(RefCell::new(copy))
            }
            None => Rc::new(RefCell::new(Space::of(child))),
        }
    }

    /// A thread of a process has made another process.
    pub(super) fn has_process(
        &mut self,
        (tgid, tid): (u32, u32),
        child: u32,
        space: Rc<RefCell<Space>>,
    ) {
        if self.processes.contains_key(&child) {
            return;
        }
        let fork = Fork {
            child_tgid: child,
            child_tid: child,
        };
        self.tell(tgid, tid, Body::Fork(fork));
        self.insert(child, child, space);
        // The child comes back from what its parent is in.
        let frames = self.threads.get(&tid).map(|thread| {
            let open = thread.open.clone();
            (thread.landings.clone(), open)
        });
        if let (Some((landings, open)), Some(thread)) = (frames, self.threads.get_mut(&child)) {
            thread.landings = landings;
            thread.open = open;
        }
    }

    /// A thread is gone; with the first one, which is told last, its process.
    pub(super) fn ended(&mut self, tid: u32, status: u32) {
        self.early.take(tid);
        let Some(thread) = self.threads.remove(&tid) else {
            return;
        };
        self.link.lock().in_flight.remove(&tid);
        if thread.tgid != tid {
            return;
        }
        self.threads.retain(|_, one| one.tgid != tid);
        self.adopt_orphans(tid);
        let calls = self.processes.remove(&tid).map_or(0, |one| one.compat);
        if calls > 0 {
            self.tell(tid, tid, Body::Compat(Compat { calls }));
        }
        let exit = Exit {
            code: status,
            zero: 0,
        };
        self.tell(tid, tid, Body::Exit(exit));
        self.sockets.forget(tid);
        self.told.forget(tid);
        self.tell_target(tid, status);
    }

    /// A 32-bit system call: counted, and the first one told.
    pub(super) fn compat_call(&mut self, tid: u32) {
        let tgid = self.process_of(tid);
        let Some(process) = self.processes.get_mut(&tgid) else {
            return;
        };
        process.compat += 1;
        if process.compat == 1 {
            self.tell(tgid, tid, Body::Compat(Compat { calls: 1 }));
        }
    }
}

/// Flags of the call that made a child; fork and vfork have theirs by name.
fn clone_flags(tid: u32, call: &Call) -> Option<u64> {
    match call.nr {
        nr::CLONE => Some(call.args[0]),
        // `struct clone_args` begins with them.
        nr::CLONE3 => memory::word(tid, call.args[0]),
        nr::FORK => Some(0),
        nr::VFORK => Some((libc::CLONE_VM | libc::CLONE_VFORK) as u64),
        _ => None,
    }
}

/// The process of any thread, as the kernel has it.
pub(super) fn group_of(tid: u32) -> Option<u32> {
    status(tid, "Tgid:")
}

/// The parent of its process, as the kernel has it.
pub(super) fn parent_of(tid: u32) -> Option<u32> {
    status(tid, "PPid:")
}

fn status(tid: u32, field: &str) -> Option<u32> {
    let status = std::fs::read_to_string(format!("/proc/{tid}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix(field))?;
    line.trim().parse().ok()
}
