//! The engine's loop: waits for a stop, hands it to the file of its subject, lets the thread go on.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use nix::libc;
use tokio::sync::oneshot;

use super::early::Early;
use super::link::Link;
use super::point::Role;
use super::processes::{Process, Thread};
use super::signals::Told;
use super::sockets::Sockets;
use super::space::Space;
use crate::source::clock;
use crate::source::record::{Body, Record};
use crate::sys::ptrace::{self, Report, Resume, Stop, Stopped};

/// `si_code` of an `int3` (SI_KERNEL).
const BREAKPOINT: i32 = 0x80;

/// The state of everything that is traced. It lives in the thread that traces.
pub(super) struct Engine {
    pub(super) link: Link,
    pub(super) threads: HashMap<u32, Thread>,
    pub(super) processes: HashMap<u32, Process>,
    pub(super) sockets: Sockets,
    /// Signals that were told when they were sent.
    pub(super) told: Told,
    /// Children that nobody has told of.
    pub(super) early: Early,
    /// No filter chooses the calls that stop: all do.
    whole: bool,
    /// The target, and who waits for its end.
    target: (u32, Option<oneshot::Sender<u32>>),
}

impl Engine {
    pub(super) fn new(link: Link, target: u32, ended: oneshot::Sender<u32>) -> Self {
        let mut engine = Self {
            whole: false,
            link,
            threads: HashMap::new(),
            processes: HashMap::new(),
            sockets: Sockets::default(),
            told: Told::default(),
            early: Early::default(),
            target: (target, Some(ended)),
        };
        engine.adopt(target, target, Space::of(target));
        engine
    }

    /// An engine for processes that run already.
    pub(super) fn of_running(link: Link) -> Self {
        Self {
            whole: true,
            link,
            threads: HashMap::new(),
            processes: HashMap::new(),
            sockets: Sockets::default(),
            told: Told::default(),
            early: Early::default(),
            target: (0, None),
        }
    }

    /// Follows the tree until the last of it has ended, or until it is to be left.
    pub(super) fn run(mut self) {
        loop {
            if self.whole && self.link.lock().closed {
                return self.leave_all();
            }
            match ptrace::wait_or_wake() {
                Ok(Some(Report::Ended(tid, status))) => self.ended(tid, status),
                Ok(Some(Report::Stopped(stopped, stop))) => self.stopped(stopped, stop),
                Ok(None) => {}
                Err(_) => return,
            }
        }
    }

    /// Processes that run already are traced: no filter, and no breakpoints.
    pub(super) fn is_whole(&self) -> bool {
        self.whole
    }

    /// Lets a thread go on. Without a filter "to the next event" is to the next call.
    pub(super) fn resume(&self, stopped: Stopped, how: Resume, signal: i32) {
        let how = match how {
            Resume::Continue if self.whole => Resume::SystemCall,
            how => how,
        };
        // One that was killed meanwhile is told by the next wait.
        let _ = stopped.resume(how, signal);
    }

    /// A thread has stopped.
    pub(super) fn stopped(&mut self, stopped: Stopped, stop: Stop) {
        let tid = stopped.tid();
        if !self.threads.contains_key(&tid) {
            return self.is_early(stopped, stop);
        }
        match stop {
            Stop::Event(ptrace::EVENT_SECCOMP, _) => self.system_call_begins(stopped),
            Stop::SystemCall if self.whole => self.any_system_call(stopped),
            Stop::SystemCall => self.system_call_ends(stopped),
            Stop::Event(ptrace::EVENT_FORK | ptrace::EVENT_VFORK | ptrace::EVENT_CLONE, _) => {
                self.has_child(stopped, stop)
            }
            Stop::Event(ptrace::EVENT_EXEC, _) => self.executes(stopped),
            Stop::Event(ptrace::EVENT_EXIT, _) => self.ends_inside(stopped),
            Stop::Event(ptrace::EVENT_STOP, libc::SIGTRAP) => self.go_on(stopped, 0),
            // Its group is stopped, and so it stays until somebody sends SIGCONT.
            Stop::Event(ptrace::EVENT_STOP, _) => {
                let _ = stopped.resume(Resume::Listen, 0);
            }
            Stop::Event(..) => self.go_on(stopped, 0),
            Stop::Signal(libc::SIGTRAP) => self.trapped(stopped),
            Stop::Signal(signal) => {
                self.signalled(&stopped, signal);
                self.go_on(stopped, signal);
            }
        }
    }

    /// Lets a thread go on, to the end of its system call where that is wanted.
    pub(super) fn go_on(&self, stopped: Stopped, signal: i32) {
        let inside = self
            .threads
            .get(&stopped.tid())
            .is_some_and(|thread| thread.call.is_some());
        let how = if inside {
            Resume::SystemCall
        } else {
            Resume::Continue
        };
        self.resume(stopped, how, signal);
    }

    /// A trap: one of our breakpoints, or the program's own.
    fn trapped(&mut self, stopped: Stopped) {
        let tid = stopped.tid();
        let ours = stopped.signal().is_ok_and(|info| info.code == BREAKPOINT);
        let found = stopped.registers().ok().filter(|_| ours).and_then(|regs| {
            let space = self.space_of(tid)?;
            let point = space.borrow().point(regs.rip.wrapping_sub(1)).cloned()?;
            Some((regs, space, point))
        });
        let Some((registers, space, point)) = found else {
            self.signalled(&stopped, libc::SIGTRAP);
            return self.go_on(stopped, libc::SIGTRAP);
        };
        let again = self.threads.get_mut(&tid).and_then(|one| one.told.take());
        if again != Some(point.instruction.ip()) {
            // A call that came back, then one that begins, then one that ends: what an address can be at once.
            for order in 0..3 {
                for role in &point.roles {
                    match (order, role) {
                        (0, Role::Landing) => self.landed(tid, &registers),
                        (1, Role::Entry(number, desc)) => {
                            self.function_begins(tid, &registers, *number, desc);
                        }
                        (2, Role::Site(number, desc)) => {
                            self.function_ends(tid, registers.rax, registers.rsp, *number, desc);
                        }
                        _ => {}
                    }
                }
            }
        }
        self.pass(stopped, registers, &point, &space);
    }

    /// The address space of a thread.
    pub(super) fn space_of(&self, tid: u32) -> Option<Rc<RefCell<Space>>> {
        let thread = self.threads.get(&tid)?;
        let process = self.processes.get(&thread.tgid)?;
        Some(Rc::clone(&process.space))
    }

    /// The process of a thread.
    pub(super) fn process_of(&self, tid: u32) -> u32 {
        self.threads.get(&tid).map_or(tid, |thread| thread.tgid)
    }

    /// Tells what a thread did, now.
    pub(super) fn tell(&mut self, tgid: u32, tid: u32, body: Body) {
        let record = Record {
            tgid,
            tid,
            time: clock::boottime(),
            body,
        };
        for (file, points) in self.link.tell(record) {
            for (tgid, process) in &self.processes {
                let foreign = process.space.borrow_mut().plant_later(file, &points);
                self.link.lose(*tgid, foreign);
            }
        }
    }

    /// The target has ended: the recorder's thread waits for its status.
    pub(super) fn tell_target(&mut self, tgid: u32, status: u32) {
        if self.target.0 == tgid
            && let Some(ended) = self.target.1.take()
        {
            let _ = ended.send(status);
        }
    }
}
