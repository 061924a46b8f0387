//! A recording in progress: the loaded kernel side, its ring, and the tracker that makes events of records.

mod joining;

use std::collections::BTreeMap;
use std::fs::File;
use std::os::fd::{AsFd, BorrowedFd};
use std::path::Path;

use aya::Ebpf;
use vgputrace_ebpf::wire::head::lost;

use super::Error;
use super::attach::{Attached, Calls, EntryPoint, Interest, Outcome};
use super::awaited::Strangers;
use super::counts::Counts;
use super::kernel::Kernel;
use super::load::{self, Sizes};
use super::ring::{self, Ring};
use crate::event::call::Because;
use crate::event::library::LateLibrary;
use crate::event::loss::Loss;
use crate::event::{Event, Kind, Text};
use crate::source::facts::Facts;
use crate::source::images::Images;
use crate::source::library::candidates::{Candidate, Why};
use crate::source::lookups::{event_of, look_up};
use crate::source::slow::{SLOW, Slow};
use crate::source::tracker::{Settings, Story, Tracker, Wish};

/// What a session is made with.
pub struct Options {
    /// Sizes of ring and wake-up.
    pub sizes: Sizes,
    /// How events are shaped.
    pub settings: Settings,
    /// Which functions of drivers carry probes.
    pub calls: Calls,
    /// The probes tell about themselves.
    pub verbose: bool,
}

/// The engine at work. Dropping it detaches everything.
pub struct Session {
    ebpf: Ebpf,
    ring: Ring,
    tracker: Tracker,
    attached: Attached,
    facts: Facts,
    counts: Counts,
    slow: Slow,
    lost: [u64; lost::COUNT as usize],
    bad: u64,
    counted_at: u64,
    strangers: Strangers,
}

impl Session {
    /// Loads the kernel side; nothing is attached yet.
    ///
    /// # Errors
    /// See [`Error`].
    pub fn new(kernel: &Kernel, options: Options) -> Result<Self, Error> {
        let mut ebpf = load::load_all(kernel, options.sizes, options.verbose)?;
        let ring = Ring::take(&mut ebpf)?;
        Ok(Self {
            ebpf,
            ring,
            attached: Attached::new(options.calls),
            tracker: Tracker::new(options.settings, Box::new(Images::default())),
            facts: Facts::default(),
            counts: Counts::default(),
            slow: Slow::default(),
            lost: [0; lost::COUNT as usize],
            bad: 0,
            counted_at: 0,
            strangers: Strangers::default(),
        })
    }

    /// The kernel side, for its own diagnostics.
    pub fn ebpf_mut(&mut self) -> &mut Ebpf {
        &mut self.ebpf
    }

    /// Attaches the tracepoints. From here on every system call on the machine pays for the programs.
    ///
    /// # Errors
    /// See [`Error`].
    pub fn attach(&mut self, kernel: &Kernel) -> Result<(), Error> {
        load::attach_tracepoints(&mut self.ebpf, kernel)
    }

    /// Probes a file before anything runs, `name` in the eyes of whoever maps it. Returns how many functions.
    ///
    /// # Errors
    /// The kernel refuses a probe.
    pub fn probe(&mut self, path: &Path, name: &str, interest: Interest) -> Result<u32, Error> {
        let probes = self.tracker.probes_mut();
        let outcome = self
            .attached
            .probe(&mut self.ebpf, probes, path, (name, interest))?;
        Ok(if let Outcome::Probed(count) = outcome {
            count
        } else {
            0
        })
    }

    /// Probes a file that somebody waits to open. True when it was new and has functions of interest.
    pub fn probe_held(&mut self, file: &File, path: &str) -> bool {
        let probes = self.tracker.probes_mut();
        match self.attached.probe_open(&mut self.ebpf, probes, file, path) {
            Ok(outcome) => matches!(outcome, Outcome::Probed(_)),
            Err(error) => {
                tracing::warn!(path, %error, "a held library could not be probed");
                false
            }
        }
    }

    /// Follows a process from now on.
    ///
    /// # Errors
    /// The kernel's table is full.
    pub fn follow(&mut self, tgid: u32, cwd: &str) -> Result<(), Error> {
        ring::follow(&mut self.ebpf, tgid)?;
        self.tracker.begin(tgid, cwd);
        Ok(())
    }

    /// Traced processes that are alive.
    #[must_use]
    pub fn alive(&self) -> usize {
        self.tracker.alive()
    }

    /// An event of the recorder itself.
    pub fn own(&mut self, time: u64, kind: Kind) -> Event {
        self.tracker.own(time, None, None, kind)
    }

    /// Takes what is waiting in the ring, in one batch. Returns true when there may be more.
    pub fn take(&mut self, events: &mut Vec<Event>) -> bool {
        let (tracker, strangers) = (&mut self.tracker, &mut self.strangers);
        let mut story = Story {
            events: std::mem::take(events),
            wishes: Vec::new(),
        };
        let (count, bad) = self.ring.drain(|record| {
            let known = tracker.process(record.tgid);
            if strangers.admits(&record, known.is_some_and(|process| !process.ended)) {
                tracker.take_into(record, &mut story);
            }
        });
        *events = story.events;
        for stranger in std::mem::take(&mut self.strangers.leave) {
            if let Err(error) = ring::leave(&mut self.ebpf, stranger) {
                tracing::warn!(%error, "a process of another program is still followed");
            }
        }
        self.bad += bad;
        let mut learned: BTreeMap<(u32, String), Vec<EntryPoint>> = BTreeMap::new();
        for wish in story.wishes {
            match wish {
                Wish::EntryPoint {
                    tgid,
                    object,
                    address,
                    function,
                } => learned
                    .entry((tgid, object))
                    .or_default()
                    .push(EntryPoint { address, function }),
                wish => self.grant(&wish, events),
            }
        }
        for ((tgid, object), points) in learned {
            self.learn(tgid, &object, &points, events);
        }
        count > 0
    }

    /// Looks after what no record tells: losses and calls that hang. To be called about once a second.
    ///
    /// # Errors
    /// The kernel side's tables are gone.
    pub fn look(&mut self, now: u64, events: &mut Vec<Event>) -> Result<(), Error> {
        self.count_losses(now, events)?;
        self.tell_counts(now, None, events);
        let Story { events: slow, .. } = self.tracker.sweep(now, Some(SLOW));
        events.extend(slow);
        let calls = ring::in_flight(&self.ebpf)?;
        let about = (now, Because::Slow);
        self.slow.tell(&mut self.tracker, &calls, about, events);
        Ok(())
    }

    /// The last events: what is still open, what was lost.
    ///
    /// # Errors
    /// The kernel side's tables are gone.
    pub fn end(&mut self, now: u64, events: &mut Vec<Event>) -> Result<(), Error> {
        while self.take(events) {}
        let calls = ring::in_flight(&self.ebpf)?;
        let about = (now, Because::End);
        self.slow.tell(&mut self.tracker, &calls, about, events);
        self.tell_counts(now, None, events);
        let Story { events: open, .. } = self.tracker.sweep(now, None);
        events.extend(open);
        self.count_losses(now, events)
    }

    /// Records lost so far, all causes.
    #[must_use]
    pub fn lost(&self) -> u64 {
        self.lost.iter().sum::<u64>() + self.bad
    }

    /// Functions that carry probes.
    #[must_use]
    pub fn functions(&self) -> u64 {
        self.attached.functions()
    }

    /// Calls of probed functions by processes that are not traced; `None` when they could not be counted.
    #[must_use]
    pub fn others(&self) -> Option<u64> {
        ring::passed_by_others(&self.ebpf).ok()
    }

    /// Calls that were counted since the last time, of all processes or of one that has ended.
    fn tell_counts(&mut self, now: u64, ended: Option<u32>, events: &mut Vec<Event>) {
        let told = self
            .counts
            .tell(&mut self.ebpf, &mut self.tracker, now, ended, events);
        if let Err(error) = told {
            tracing::warn!(%error, "counted calls cannot be read");
        }
    }

    fn count_losses(&mut self, now: u64, events: &mut Vec<Event>) -> Result<(), Error> {
        let lost = ring::lost_so_far(&self.ebpf)?;
        let bad = std::mem::take(&mut self.bad);
        let causes = ["ring", "table", "scratch"];
        let news = causes
            .into_iter()
            .zip(lost.iter().zip(self.lost))
            .map(|(cause, (new, old))| (cause, new.saturating_sub(old)));
        let duration = (self.counted_at > 0).then(|| now.saturating_sub(self.counted_at));
        for (cause, count) in news.chain([("decode", bad)]).collect::<Vec<_>>() {
            if count > 0 {
                let kind = Kind::Loss(Loss {
                    cause: Text::from(cause),
                    count,
                });
                events.push(self.tracker.own(now, duration, None, kind));
            }
        }
        self.lost = lost;
        self.lost[lost::SCRATCH as usize] += bad;
        self.counted_at = now;
        Ok(())
    }

    fn grant(&mut self, wish: &Wish, events: &mut Vec<Event>) {
        match wish {
            Wish::Library { path, tgid } => {
                if let Some(view) = self.facts.view(self.tracker.whose(*tgid)) {
                    let file = view.reachable(path);
                    self.probe_late(*tgid, (&file, path), Interest::ByContent, events);
                }
                look_up(wish, &mut self.facts, &mut self.tracker, events);
            }
            Wish::Closure { .. } | Wish::Root { .. } => {
                look_up(wish, &mut self.facts, &mut self.tracker, events)
            }
            // Gathered by file, see `take`.
            Wish::EntryPoint { .. } => {}
            Wish::Counts { tgid } => {
                let time = events.last().map_or(0, |event| event.time);
                self.tell_counts(time, Some(*tgid), events);
            }
            Wish::Program { tgid, exe } => {
                let whose = self.tracker.whose(*tgid);
                let Some(view) = self.facts.view(whose) else {
                    return;
                };
                let found = self.facts.program(whose, exe, self.tracker.process(*tgid));
                for candidate in found {
                    let interest = interest_in(&candidate);
                    let path = candidate.path.to_string_lossy();
                    let file = view.root().outside(&candidate.path);
                    self.probe_late(*tgid, (&file, &path), interest, events);
                }
            }
        }
    }

    /// Probes functions that a file hands out and does not export: calls until now are missing.
    fn learn(&mut self, tgid: u32, path: &str, points: &[EntryPoint], events: &mut Vec<Event>) {
        let Some(view) = self.facts.view(self.tracker.whose(tgid)) else {
            return;
        };
        let file = view.reachable(path);
        let probes = self.tracker.probes_mut();
        let learned = self
            .attached
            .learn(&mut self.ebpf, probes, &file, (path, points));
        match learned {
            Ok(0) => {}
            Ok(functions) => {
                let kind = Kind::LateLibrary(LateLibrary {
                    path: Text::from(path),
                    functions,
                });
                let event = event_of(&mut self.tracker, tgid, kind, events);
                events.push(event);
            }
            Err(error) => tracing::warn!(path, %error, "functions could not be probed"),
        }
    }

    /// A library that was not known before the target began: its first calls may be missing.
    fn probe_late(
        &mut self,
        tgid: u32,
        (file, path): (&Path, &str),
        interest: Interest,
        events: &mut Vec<Event>,
    ) {
        let probes = self.tracker.probes_mut();
        let outcome = self
            .attached
            .probe(&mut self.ebpf, probes, file, (path, interest));
        match outcome {
            Ok(Outcome::Probed(functions)) => {
                let kind = Kind::LateLibrary(LateLibrary {
                    path: Text::from(path),
                    functions,
                });
                let event = event_of(&mut self.tracker, tgid, kind, events);
                events.push(event);
            }
            Ok(_) => {}
            Err(error) => tracing::warn!(path, %error, "a library could not be probed"),
        }
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        self.attached.detach(&mut self.ebpf);
    }
}

impl AsFd for Session {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.ring.as_fd()
    }
}

/// A library that is loaded into programs that did not ask for it is looked at more closely.
#[must_use]
pub fn interest_in(candidate: &Candidate) -> Interest {
    if candidate.why == Why::Preload {
        Interest::Always
    } else {
        Interest::ByContent
    }
}
