//! A recording on one screen: a fold over all events, and its text. Facts only; why a backend was not used is
//! for later layers to say.

mod failures;
mod folders;
mod json;
mod libraries;
mod processes;
#[cfg(test)]
mod tests;
mod text;

use std::collections::{BTreeMap, BTreeSet};

use crate::event::call::{Because, Site};
use crate::event::host::{End, Header};
use crate::event::signal::Signal;
use crate::event::{Event, Hex, Kind, Proc, Text};

use super::scene::Scene;

pub use failures::{Failures, LoadFailure};
pub use folders::{Folder, Folders};
pub use libraries::{Class, Libraries, Loaded};
pub use processes::{Process, Processes};
pub use text::{File, Page};

/// Entries of each list that are kept; more are counted. A screen shows fewer.
pub(super) const KEPT: usize = 4096;

/// What happened, counted and grouped.
#[derive(Clone, Debug, Default)]
pub struct Summary {
    /// First line of the trace, if it could be read.
    pub header: Option<Header>,
    /// Events seen.
    pub events: u64,
    /// Events by kind; calls by kind and function are not told apart here.
    pub kinds: BTreeMap<String, u64>,
    /// Processes in order of appearance.
    pub processes: Processes,
    /// Folders with backends, and variables that name folders.
    pub folders: Folders,
    /// Libraries mapped.
    pub libraries: Libraries,
    /// Libraries, symbols and programs asked for in vain.
    pub failures: Failures,
    /// Faults and out-of-memory kills, in order.
    pub crashes: Vec<Crash>,
    /// Calls that did not come back.
    pub hangs: Vec<Hang>,
    /// Records lost by cause.
    pub loss: BTreeMap<Text, u64>,
    /// Libraries that got their probes late.
    pub late: BTreeSet<Text>,
    /// The recorder's words about itself, each once.
    pub notes: Vec<Text>,
    /// How the recording ended; `None` when it was cut off.
    pub end: Option<End>,
    /// Nanoseconds since the recording began, of the last event.
    pub last: u64,
    scene: Scene,
}

/// A fault, or the kernel's choice of a victim.
#[derive(Clone, Debug, PartialEq)]
pub struct Crash {
    /// The process that crashed, where it is in the trace.
    pub process: Option<Proc>,
    /// `SIGSEGV`, or `out of memory`.
    pub what: Text,
    /// `si_code`.
    pub code: i32,
    /// Address accessed.
    pub address: Option<Hex>,
    /// Where the program was.
    pub at: Option<Site>,
    /// Calls that never came back because of it.
    pub inside: Vec<Text>,
}

/// A call that was open for long, or when its thread or the recording ended.
#[derive(Clone, Debug, PartialEq)]
pub struct Hang {
    /// The process.
    pub process: Option<Proc>,
    /// Function or system call, with its first string argument.
    pub what: Text,
    /// Nanoseconds it had been running when it was last looked at.
    pub nanos: Option<u64>,
    /// When it was last looked at.
    pub because: Because,
    /// The call, by which a second look is recognised.
    call: Option<crate::event::Seq>,
}

/// How long a call must have been open when the recording ended to be worth a line, in nanoseconds.
const HANG: u64 = 1_000_000_000;

impl Summary {
    /// A summary before the first event.
    #[must_use]
    pub fn new(header: Option<Header>) -> Self {
        let origin = header.as_ref().map(|header| header.clock.boot.0);
        Self {
            scene: Scene::new(origin),
            header,
            ..Self::default()
        }
    }

    /// Names and pids seen so far.
    #[must_use]
    pub fn scene(&self) -> &Scene {
        &self.scene
    }

    /// Counts one event.
    pub fn push(&mut self, event: &Event) {
        self.scene.before(event);
        self.events += 1;
        self.last = self.last.max(self.scene.since_begin(event.time));
        self.count(event.kind.name());
        let since = self.scene.since_begin(event.time);
        self.processes.push(event, since);
        self.folders.push(event);
        self.libraries.push(event);
        self.failures.push(event, &self.scene);
        self.rest(event);
        self.scene.after(event);
    }

    fn count(&mut self, name: &str) {
        if let Some(number) = self.kinds.get_mut(name) {
            *number += 1;
        } else if self.kinds.len() < KEPT {
            self.kinds.insert(name.to_owned(), 1);
        }
    }

    fn rest(&mut self, event: &Event) {
        match &event.kind {
            Kind::Signal(body) if body.is_fault() => self.crash(event.process, body),
            Kind::Oom(body) if self.crashes.len() < KEPT => self.crashes.push(Crash {
                process: body.victim,
                what: Text::from("out of memory"),
                code: 0,
                address: None,
                at: None,
                inside: Vec::new(),
            }),
            Kind::Unfinished(_) => self.hang(event),
            Kind::Loss(body) => {
                if self.loss.len() < KEPT || self.loss.contains_key(&body.cause) {
                    let lost = self.loss.entry(body.cause.clone()).or_default();
                    *lost = lost.saturating_add(body.count);
                }
            }
            Kind::LateLibrary(body) if self.late.len() < KEPT => {
                self.late.insert(body.path.clone());
            }
            Kind::Note(body) if self.notes.len() < KEPT && !self.notes.contains(&body.text) => {
                self.notes.push(body.text.clone());
            }
            Kind::End(body) => self.end = Some(body.clone()),
            _ => {}
        }
    }

    fn crash(&mut self, process: Option<Proc>, body: &Signal) {
        let crash = Crash {
            process: body.to.or(process),
            what: body.name.clone(),
            code: body.code,
            address: body.address,
            at: body.at.clone(),
            inside: Vec::new(),
        };
        // A handler that passes the signal on raises it a second time.
        if self.crashes.len() < KEPT && self.crashes.last() != Some(&crash) {
            self.crashes.push(crash);
        }
    }

    fn hang(&mut self, event: &Event) {
        let Kind::Unfinished(body) = &event.kind else {
            return;
        };
        let long = event.duration.is_some_and(|nanos| nanos >= HANG);
        let counts = match body.because {
            Because::Slow | Because::Exit => body.is_telling(),
            Because::End => body.call.is_some() && long,
            Because::Exec | Because::Unwound => false,
        };
        if !counts {
            return;
        }
        let open = body.call.and_then(|call| self.scene.call(call));
        let about = body
            .about
            .as_ref()
            .and_then(|about| about.value())
            .or_else(|| open.and_then(|open| failures::first_string(&open.call)));
        let what = match about {
            Some(about) => format!(
                "{} {}",
                body.function.as_str(),
                super::escape::word(about.as_str())
            ),
            None => body.function.as_str().to_owned(),
        };
        let hang = Hang {
            process: event.process,
            what: Text::from(what),
            nanos: event.duration,
            because: body.because,
            call: body.call,
        };
        let crash = self
            .crashes
            .iter_mut()
            .rev()
            .find(|crash| crash.process == event.process);
        if let Some(crash) = crash.filter(|_| body.because == Because::Exit) {
            if crash.inside.len() < 16 {
                crash.inside.push(hang.what);
            }
            return;
        }
        let room = self.hangs.len() < KEPT;
        let known = self.hangs.iter_mut().find(|known| {
            known.process == hang.process
                && match hang.call {
                    Some(_) => known.call == hang.call,
                    None => known.what == hang.what,
                }
        });
        match known {
            Some(known) => *known = hang,
            None if room => self.hangs.push(hang),
            None => {}
        }
    }
}
