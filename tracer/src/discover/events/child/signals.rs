//! Signals for a child: its own faults, the server's kill, somebody else's.

use super::Building;
use crate::discover::events::ends;
use crate::discover::model::{Crash, Evidence};
use crate::discover::role::Step;
use crate::event::signal::Signal;
use crate::event::{Event, Text};

/// Signals that end nothing unless a program wants it so (signal(7)).
const WITHOUT_EFFECT: [&str; 4] = ["SIGURG", "SIGCHLD", "SIGWINCH", "SIGCONT"];
/// `si_code` of a timer's signal (asm-generic/siginfo.h, SI_TIMER).
const OF_A_TIMER: i32 = -2;

/// Somebody sent it: it is none of the kernel's, nor of a timer of the process itself.
const fn is_sent(signal: &Signal) -> bool {
    signal.code <= 0 && signal.code != OF_A_TIMER
}

impl Building {
    /// A signal for this process. `server` is the server's number.
    pub(in crate::discover::events) fn signal(
        &mut self,
        event: &Event,
        signal: &Signal,
        server: Option<u32>,
    ) {
        let name = signal.name.as_str();
        let by_itself = signal.from_pid == Some(self.child.pid);
        if signal.is_fault() || (name == "SIGABRT" && by_itself) {
            let crash = self.crash(event, signal);
            // A handler that passes it on raises it a second time.
            let known = self
                .child
                .crashes
                .iter()
                .any(|known| known.signal == crash.signal && known.at == crash.at);
            if !known && self.child.crashes.len() < 64 {
                self.child.crashes.push(crash);
            }
            return;
        }
        if signal.from_pid.is_none() || self.exit.is_some() {
            return;
        }
        if by_itself && !WITHOUT_EFFECT.contains(&name) {
            self.raise(event, signal);
            return;
        }
        let sender = event.process.map(|process| process.number);
        if name == "SIGKILL" && sender.is_some() && sender == server {
            self.killed.get_or_insert(event.seq);
        } else if !by_itself && is_sent(signal) && !WITHOUT_EFFECT.contains(&name) {
            let by = signal.from_name.clone();
            self.foreign_kill = Some((signal.name.clone(), by, event.seq));
        }
    }

    fn crash(&self, event: &Event, signal: &Signal) -> Crash {
        let constructor = self
            .open
            .values()
            .rev()
            .find(|open| open.tid == event.tid && open.constructor.is_some())
            .and_then(|open| open.constructor.clone());
        Crash {
            signal: signal.name.clone(),
            address: signal.address,
            at: signal.at.clone(),
            inside: self.inside(event.tid),
            constructor,
            seen: Evidence::event(event.seq, ends::describe(signal)),
        }
    }

    /// Its own doing: kill of its own pid, or a write to a pipe that nobody reads (the kernel sends SIGPIPE in the writer's
    /// name). A handler that passes on what somebody else sent raises it too (Go: runtime/signal_unix.go, dieFromSignal).
    fn raise(&mut self, event: &Event, signal: &Signal) {
        let foreign = self.foreign_kill.as_ref();
        let passed_on = foreign.is_some_and(|(name, ..)| *name == signal.name);
        let known = self.raised.as_ref();
        let again = known.is_some_and(|known| known.signal == signal.name);
        if !passed_on && !again {
            self.raised = Some(self.crash(event, signal));
        }
    }

    /// Functions that are open on a thread, innermost first.
    fn inside(&self, tid: Option<u32>) -> Vec<Text> {
        self.open
            .values()
            .rev()
            .filter(|open| open.tid == tid)
            .map(|open| open.function.clone())
            .take(16)
            .collect()
    }

    /// What the server waits for has come: the runner's answer, the start's line.
    pub(super) fn has_answered(&self) -> bool {
        match self.child.role.step() {
            Some(Step::Runner) => self.http.values().any(|http| http.answer().is_some()),
            Some(Step::Start) => self
                .child
                .said
                .iter()
                .any(|said| said.text.as_str().contains("system_info:")),
            _ => false,
        }
    }
}
