//! One process over time: its life, what it was busy with, and what happened to it.

use serde::{Deserialize, Serialize};

use super::track::{Runs, Track};
use crate::event::Seq;

/// Calls of one process that are open at a time and remembered; beyond it the oldest is forgotten.
const MAX_OPEN: usize = 256;

/// Command lines of one process; beyond it the last one replaces the one before.
const MAX_NAMES: usize = 4;

/// What a stretch of time went into.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(in crate::tui) enum Work {
    /// Folders are listed.
    Walk,
    /// dlopen and its relatives.
    Load,
    /// The same inside of another one.
    Nested,
    /// A backend starts: constructors, ggml's functions.
    Init,
    /// A driver or runtime was asked.
    Driver,
}

impl Work {
    /// All, the one that is shown first where several share a column last.
    pub(in crate::tui) const ALL: [Self; 5] = [
        Self::Walk,
        Self::Load,
        Self::Nested,
        Self::Init,
        Self::Driver,
    ];

    /// Of a function's table (`Call::api`).
    fn of(api: &str) -> Self {
        match api {
            "dl" => Self::Load,
            "ggml" | "constructor" => Self::Init,
            _ => Self::Driver,
        }
    }
}

/// What a mark is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::tui) enum Mark {
    /// Something was said.
    Word,
    /// Something failed.
    Failure,
    /// A fault or a signal.
    Signal,
    /// SIGKILL by its parent: how a server ends its runners.
    Kill,
}

impl Mark {
    /// All, the most telling one last.
    pub(in crate::tui) const ALL: [Self; 4] = [Self::Word, Self::Failure, Self::Signal, Self::Kill];
}

/// A call that has not come back.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
struct Open {
    call: Seq,
    thread: Option<u32>,
    work: Work,
    from: u64,
}

/// One process.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(in crate::tui) struct Lane {
    pub(in crate::tui) number: u32,
    pub(in crate::tui) parent: Option<u32>,
    pub(in crate::tui) pid: u32,
    /// Its command lines, each with the index of the exec that gave it.
    names: Vec<(u64, String)>,
    /// Nanoseconds since the begin.
    pub(in crate::tui) from: u64,
    pub(in crate::tui) to: Option<u64>,
    pub(in crate::tui) end: String,
    /// It ended by a signal or with a code that is not 0.
    pub(in crate::tui) failed: bool,
    /// Index of the event that began it.
    pub(in crate::tui) index: u64,
    works: [Runs; Work::ALL.len()],
    marks: [Track; Mark::ALL.len()],
    open: Vec<Open>,
}

impl Lane {
    /// A process whose first sign is this event.
    pub(super) fn new(number: u32, from: u64, index: u64) -> Self {
        Self {
            number,
            from,
            index,
            ..Self::default()
        }
    }

    /// Its last command line; empty when it has no program of its own.
    pub(in crate::tui) fn name(&self) -> &str {
        self.names.last().map_or("", |(_, name)| name)
    }

    /// The one that it had at an event; `None` before its first exec.
    pub(in crate::tui) fn name_by(&self, index: u64) -> Option<&str> {
        let by_then = self.names.iter().rev().find(|(exec, _)| *exec <= index);
        by_then.map(|(_, name)| name.as_str())
    }

    /// The base name of its program.
    pub(in crate::tui) fn program(&self) -> &str {
        Self::program_of(self.name())
    }

    /// The base name of the program of a command line.
    pub(in crate::tui) fn program_of(name: &str) -> &str {
        let program = name.split(' ').next().unwrap_or_default();
        program.rsplit('/').next().unwrap_or_default()
    }

    pub(super) fn executed(&mut self, index: u64, name: String) {
        if self.names.len() >= MAX_NAMES {
            self.names.pop();
        }
        self.names.push((index, name));
    }

    /// Its marks of one kind.
    pub(in crate::tui) fn marks(&self, mark: Mark) -> &Track {
        &self.marks[mark as usize]
    }

    /// It was at this work at some moment at or after `from` and before `to`. What is open goes on to the end of what
    /// was read.
    pub(in crate::tui) fn works(&self, work: Work, from: u64, to: u64) -> bool {
        let open = || {
            let mut open = self.open.iter();
            open.any(|open| open.work == work && open.from < to)
        };
        self.works[work as usize].covers(from, to)
            || (self.to.is_none_or(|end| from <= end) && open())
    }

    pub(super) fn mark(&mut self, mark: Mark, time: u64, index: u64, most: usize) {
        self.marks[mark as usize].push(time, index, most);
    }

    pub(super) fn walked(&mut self, from: u64, to: u64, most: usize) {
        self.works[Work::Walk as usize].push(from, to, most);
    }

    pub(super) fn opened(&mut self, call: Seq, api: &str, thread: Option<u32>, from: u64) {
        let mut work = Work::of(api);
        let inside =
            |open: &Open| open.thread == thread && matches!(open.work, Work::Load | Work::Nested);
        if work == Work::Load && self.open.iter().any(inside) {
            work = Work::Nested;
        }
        if self.open.len() >= MAX_OPEN {
            self.open.remove(0);
        }
        self.open.push(Open {
            call,
            thread,
            work,
            from,
        });
    }

    pub(super) fn closed(&mut self, call: Seq, to: u64, most: usize) {
        if let Some(at) = self.open.iter().rposition(|open| open.call == call) {
            let open = self.open.remove(at);
            self.works[open.work as usize].push(open.from, to, most);
        }
    }

    /// It is gone: so is what it had open.
    pub(super) fn ended(&mut self, to: u64, most: usize) {
        self.to = Some(to);
        for open in std::mem::take(&mut self.open) {
            self.works[open.work as usize].push(open.from, to, most);
        }
    }
}
