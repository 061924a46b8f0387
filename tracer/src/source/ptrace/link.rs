//! What the engine's thread and the recorder's share: the tracker, and the events it made.
//!
//! Records become events in the engine's thread, in the order of the stops, while the stopped thread waits; the recorder's
//! thread takes the events away. When it does not keep up, the engine waits, and with it the target: nothing is lost.

use std::collections::{BTreeMap, HashMap};
use std::fs::File;
use std::os::fd::OwnedFd;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::counts::Counts;
use super::plans::{FilePoint, Plans};
use super::space::FileId;
use crate::event::loss::Loss;
use crate::event::{Event, Kind, Text};
use crate::source::clock;
use crate::source::facts::Facts;
use crate::source::library::candidates::Why;
use crate::source::lookups::look_up;
use crate::source::place::{reachable, root_of};
use crate::source::plan::EntryPoint;
use crate::source::record::{Body, Record};
use crate::source::slow::InFlight;
use crate::source::tracker::{Story, Tracker, Wish};

/// Events that wait at which the recorder is woken before its time.
const WAKE: usize = 1_024;
/// Events, and bytes of the program's in them, at which the engine waits for the recorder.
const FULL: usize = 32_768;
const FULL_BYTES: usize = 8 << 20;

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
    /// Breakpoints that were not ours alone.
    pub(super) lost: u64,
    /// Bytes of the program's that wait.
    pub(super) bytes: usize,
    /// The recording has ended; the target goes on.
    pub(super) closed: bool,
}

/// Functions of a file that are to be watched from now on.
pub(super) type Learned = (FileId, Vec<FilePoint>);

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
        all.bytes += size_of_bytes(&record);
        all.tracker.take_into(record, &mut all.story);
        let learned = if all.story.wishes.len() > before {
            all.grant(before, time)
        } else {
            Vec::new()
        };
        let (early, full) = (all.story.events.len() >= WAKE, all.is_full());
        drop(shared);
        if early || full {
            let _ = rustix::io::write(&*self.wake, &1_u64.to_ne_bytes());
        }
        if full {
            self.wait_for_room();
        }
        learned
    }

    /// Tells that calls of a process may have passed unseen at some breakpoints.
    pub(super) fn lose(&self, tgid: u32, count: u64) {
        let mut shared = self.lock();
        if count == 0 || shared.closed {
            return;
        }
        let shared = &mut *shared;
        let process = shared.tracker.process(tgid).map(|process| process.id);
        let loss = Kind::Loss(Loss {
            cause: Text::from("breakpoint"),
            count,
        });
        let event = shared.tracker.own(clock::boottime(), None, process, loss);
        shared.story.events.push(event);
        shared.lost += count;
    }

    fn wait_for_room(&self) {
        loop {
            std::thread::sleep(Duration::from_millis(1));
            let shared = self.lock();
            if shared.closed || !shared.is_full() {
                return;
            }
        }
    }
}

/// Bytes of the program's in a record.
fn size_of_bytes(record: &Record) -> usize {
    match &record.body {
        Body::Data(_, _, Some(bytes)) => bytes.len(),
        _ => 0,
    }
}

impl Shared {
    /// Hands over what waits, with what is to be looked up for it. Returns true when there was something.
    pub(super) fn hand_over(&mut self, events: &mut Vec<Event>) -> bool {
        let story = std::mem::take(&mut self.story);
        self.bytes = 0;
        let any = !story.events.is_empty();
        events.extend(story.events);
        for wish in &story.wishes {
            look_up(wish, &mut self.facts, &mut self.tracker, events);
        }
        any
    }

    fn is_full(&self) -> bool {
        self.story.events.len() >= FULL || self.bytes >= FULL_BYTES
    }

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
        let (process, whose) = (self.tracker.process(tgid), self.tracker.whose(tgid));
        let asked = process.is_some_and(|process| process.search.contains_key("LD_PRELOAD"));
        let root = root_of(tgid);
        if !asked && !root.outside(Path::new("/etc/ld.so.preload")).exists() {
            return;
        }
        for candidate in self.facts.program(whose, exe, process) {
            if candidate.why == Why::Preload
                && let Ok(file) = File::open(root.outside(&candidate.path))
            {
                self.plans.preloaded(&file);
            }
        }
    }
}
