//! System calls that hang: told once while they run, and at the end of the recording.

use std::collections::HashSet;

use vgputrace_ebpf::wire::syscall::{self, nr};

use super::tracker::Tracker;
use crate::event::call::{Because, Unfinished};
use crate::event::{Event, Kind, Text};

/// A call that runs longer than this is told while it runs: 2 s, in nanoseconds. The shortest of Ollama's limits is 3 s.
pub const SLOW: u64 = 2_000_000_000;

/// A system call that has been entered and did not come back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InFlight {
    /// Process id.
    pub tgid: u32,
    /// Thread id.
    pub tid: u32,
    /// When it was entered.
    pub start: u64,
    /// Its number.
    pub nr: u32,
}

/// Which of them were told.
#[derive(Default)]
pub struct Slow {
    told: HashSet<(u32, u64)>,
}

impl Slow {
    /// Tells those that run for more than [`SLOW`] at `now`, or at the end of the recording all.
    pub fn tell(
        &mut self,
        tracker: &mut Tracker,
        calls: &[InFlight],
        (now, because): (u64, Because),
        events: &mut Vec<Event>,
    ) {
        self.told
            .retain(|told| calls.iter().any(|call| (call.tid, call.start) == *told));
        for call in calls {
            let long = because == Because::End || now.saturating_sub(call.start) > SLOW;
            let Some(process) = tracker.process(call.tgid).map(|process| process.id) else {
                continue;
            };
            if !long || !is_worth_telling(call.nr) || !self.told.insert((call.tid, call.start)) {
                continue;
            }
            let kind = Kind::Unfinished(Unfinished {
                call: None,
                function: Text::from(syscall::name(call.nr).unwrap_or("?")),
                about: None,
                because,
            });
            let duration = Some(now.saturating_sub(call.start));
            let mut event = tracker.own(now, duration, Some(process), kind);
            event.tid = Some(call.tid);
            events.push(event);
        }
    }
}

/// Calls that say something when they hang. Reading a socket for hours is what a server does.
fn is_worth_telling(number: u32) -> bool {
    !matches!(
        number,
        nr::READ | nr::RECVFROM | nr::ACCEPT | nr::ACCEPT4 | nr::VFORK | nr::CLONE | nr::CLONE3
    )
}
