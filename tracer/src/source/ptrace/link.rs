//! What the engine's thread and the recorder's share: the tracker, and the events it made.
//!
//! Records become events in the engine's thread, in the order of the stops, while the stopped thread waits; the recorder's
//! thread takes the events away. When it does not keep up, the engine waits, and with it the target: nothing is lost.

use std::collections::{BTreeMap, HashMap};
use std::fs::File;
use std::os::fd::OwnedFd;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::counts::Counts;
use super::plans::Plans;
use super::point::Role;
use super::space::FileId;
use crate::source::facts::Facts;
use crate::source::images::reachable;
use crate::source::library::candidates::Why;
use crate::source::plan::EntryPoint;
use crate::source::record::Record;
use crate::source::slow::InFlight;
use crate::source::tracker::{Story, Tracker, Wish};

/// Events that wait at which the recorder is woken before its time, and at which the engine waits for it.
const WAKE: usize = 1_024;
const FULL: usize = 65_536;

/// What both threads use, one at a time.
pub(super) struct Shared {
    pub(super) tracker: Tracker,
    pub(super) facts: Facts,
    pub(super) plans: Plans,
    pub(super) counts: Counts,
    /// Events, and what is to be looked up for them.
    pub(super) story: Story,
    /// System calls that did not come back yet, by thread.
    pub(super) in_flight: HashMap<u32, InFlight>,
    /// The recording has ended; the target goes on.
    pub(super) closed: bool,
}

/// Functions of a file that are to be watched from now on.
pub(super) type Learned = (FileId, Vec<(u64, Role)>);

/// The shared part and how to wake the recorder.
#[derive(Clone)]
pub(super) struct Link {
    shared: Arc<Mutex<Shared>>,
    wake: Arc<OwnedFd>,
}

impl Link {
    pub(super) fn new(shared: Shared, wake: OwnedFd) -> Self {
        Self {
            shared: Arc::new(Mutex::new(shared)),
            wake: Arc::new(wake),
        }
    }

    /// The shared part, for as long as the guard lives.
    pub(super) fn lock(&self) -> MutexGuard<'_, Shared> {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Readable when much is waiting.
    pub(super) fn wake(&self) -> &OwnedFd {
        &self.wake
    }

    /// Hands a record to the tracker. Returns functions that a look-up gave away.
    pub(super) fn tell(&self, record: Record) -> Vec<Learned> {
        let mut shared = self.lock();
        if shared.closed {
            return Vec::new();
        }
        let time = record.time;
        let all = &mut *shared;
        let before = all.story.wishes.len();
        all.tracker.take_into(record, &mut all.story);
        let learned = if all.story.wishes.len() > before {
            all.grant(before, time)
        } else {
            Vec::new()
        };
        let waiting = all.story.events.len();
        drop(shared);
        if waiting >= WAKE {
            let _ = rustix::io::write(&*self.wake, &1_u64.to_ne_bytes());
        }
        if waiting >= FULL {
            self.wait_for_room();
        }
        learned
    }

    fn wait_for_room(&self) {
        loop {
            std::thread::sleep(Duration::from_millis(1));
            let shared = self.lock();
            if shared.closed || shared.story.events.len() < FULL {
                return;
            }
        }
    }
}

impl Shared {
    /// Grants what cannot wait until the stopped thread has gone on. The rest is left to the recorder's thread.
    fn grant(&mut self, from: usize, time: u64) -> Vec<Learned> {
        let mut entries: BTreeMap<(u32, String), Vec<EntryPoint>> = BTreeMap::new();
        for wish in self.story.wishes.split_off(from) {
            match wish {
                Wish::EntryPoint {
                    tgid,
                    object,
                    address,
                    function,
                } => entries
                    .entry((tgid, object))
                    .or_default()
                    .push(EntryPoint { address, function }),
                Wish::Counts { tgid } => {
                    let events = &mut self.story.events;
                    self.counts
                        .tell(&mut self.tracker, time, Some(tgid), events);
                }
                Wish::Program { tgid, exe } => self.note_preloaded(tgid, &exe),
                wish => self.story.wishes.push(wish),
            }
        }
        entries
            .into_iter()
            .filter_map(|((tgid, object), points)| {
                let file = File::open(reachable(tgid, &object)).ok()?;
                let probes = self.tracker.probes_mut();
                self.plans.learn(file, (&object, &points), probes)
            })
            .collect()
    }

    /// Files that this program gets without asking. Any other is looked at when it is mapped.
    fn note_preloaded(&mut self, tgid: u32, exe: &str) {
        let process = self.tracker.process(tgid);
        let asked = process.is_some_and(|process| process.search.contains_key("LD_PRELOAD"));
        if !asked && !reachable(tgid, "/etc/ld.so.preload").exists() {
            return;
        }
        for candidate in self.facts.program(tgid, exe, process) {
            if candidate.why == Why::Preload
                && let Ok(file) = File::open(reachable(tgid, &candidate.path.to_string_lossy()))
            {
                self.plans.preloaded(&file);
            }
        }
    }
}
