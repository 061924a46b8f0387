//! Processes that the recorder has not started: those that run already, and those that are waited for.

use super::Session;
use crate::event::Event;
use crate::source::ebpf::Error;
use crate::source::ebpf::awaited::{self, Awaited, Strangers};
use crate::source::ebpf::ring;
use crate::source::running;
use crate::source::tracker::{Already, Story};

impl Session {
    /// Follows from their next start on what is waited for. The tracepoints must be attached.
    ///
    /// # Errors
    /// See [`Error`].
    pub fn wait_for(&mut self, awaited: &Awaited) -> Result<(), Error> {
        self.strangers = Strangers::new(&awaited.files);
        awaited.tell(&mut self.ebpf)
    }

    /// Waits for members of these control groups in place of the old ones.
    ///
    /// # Errors
    /// See [`Error`].
    pub fn change_groups(&mut self, groups: &[String], old: &[String]) -> Result<(), Error> {
        awaited::change_groups(&mut self.ebpf, groups, old)
    }

    /// Follows processes that run already, and all below them, and tells what they are. Whatever they start meanwhile is
    /// followed too, so none is missing. Returns how many there are.
    ///
    /// # Errors
    /// The kernel's table is full.
    pub fn adopt(&mut self, roots: &[u32], events: &mut Vec<Event>) -> Result<usize, Error> {
        let mut count = 0;
        loop {
            let mut is_new = false;
            for pid in running::family(roots) {
                if pid == std::process::id() || !ring::follow_new(&mut self.ebpf, pid)? {
                    continue;
                }
                // One that has ended, or a thread of the kernel, has nothing to tell.
                match running::snapshot(pid) {
                    Some(already) => {
                        is_new = true;
                        count += 1;
                        self.tell_already(already, events);
                    }
                    None => ring::leave(&mut self.ebpf, pid)?,
                }
            }
            if !is_new {
                return Ok(count);
            }
        }
    }

    fn tell_already(&mut self, already: Already, events: &mut Vec<Event>) {
        let mut story = Story {
            events: std::mem::take(events),
            wishes: Vec::new(),
        };
        self.tracker.already(already, &mut story);
        *events = story.events;
        for wish in story.wishes {
            self.grant(&wish, events);
        }
    }
}
