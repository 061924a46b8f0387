//! Signals for a child: its own faults, the server's kill, somebody else's.

use super::Building;
use crate::discover::events::ends;
use crate::discover::model::{Crash, Evidence};
use crate::discover::role::Step;
use crate::event::signal::Signal;
use crate::event::{Event, Text};

impl Building {
    /// A signal for this process. `server` is the server's number.
    pub(in crate::discover::events) fn signal(
        &mut self,
        event: &Event,
        signal: &Signal,
        server: Option<u32>,
    ) {
        let name = signal.name.as_str();
        if signal.is_fault() || (name == "SIGABRT" && signal.from_pid == Some(self.child.pid)) {
            let inside = self.inside(event.tid);
            let constructor = self
                .open
                .values()
                .rev()
                .find(|open| open.tid == event.tid && open.constructor.is_some())
                .and_then(|open| open.constructor.clone());
            let crash = Crash {
                signal: signal.name.clone(),
                address: signal.address,
                at: signal.at.clone(),
                inside,
                constructor,
                seen: Evidence::event(event.seq, ends::describe(signal)),
            };
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
        let sender = event.process.map(|process| process.number);
        if name == "SIGKILL" && sender.is_some() && sender == server {
            self.killed.get_or_insert(event.seq);
        } else if ends::KILLS.contains(&name) {
            let by = signal.from_name.clone();
            self.foreign_kill = Some((signal.name.clone(), by, event.seq));
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
