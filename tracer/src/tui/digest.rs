//! What one pass over the recording keeps: lanes with their marks, words, library maps, failures, the model.
//!
//! The pass is made in slices between two keys, so the first list is there at once and a long recording shows its
//! progress. Each list has a limit; what goes beyond it is thinned or counted.

mod health;
pub(super) mod lane;
pub(super) mod things;
pub(super) mod track;
pub(super) mod waypoints;

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::book::Book;
use crate::discover::Model;
use crate::discover::events::Discovery;
use crate::event::call::{Because, Call};
use crate::event::process::{Exec, Exit, Fork};
use crate::event::signal::Signal;
use crate::event::{Event, Kind, Text};
use crate::view::scene::Scene;

use health::Health;
use lane::{Lane, Mark};
use things::{Libraries, Words};
use track::Runs;
use waypoints::Waypoints;

/// Indices of failures and of driver calls, of each.
pub(super) const MAX_INDICES: usize = 1_000_000;
/// Processes.
const MAX_LANES: usize = 65_536;
/// Marks of one kind on one lane: several for each column of any screen.
const MOST: usize = 4_096;
/// Marks of one kind on all lanes together; with many lanes each has fewer.
const MOST_TOGETHER: usize = 400_000;
/// Names of functions, for completion.
const MAX_FUNCTIONS: usize = 4_096;
/// Words of the recorder.
const MAX_NOTES: usize = 256;
/// The recorder's word about a run with the shim (docs/SHIM.md).
const VIRTUAL_GPU: &str = "virtual_gpu";
/// Characters of a command line.
const MAX_NAME: usize = 1_000;

/// The whole.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Digest {
    pub(super) lanes: BTreeMap<u32, Lane>,
    /// Index of the event that began each lane, and the lane; in order.
    pub(super) order: Vec<(u64, u32)>,
    /// Processes beyond the limit.
    pub(super) more_lanes: u64,
    /// When anything happened at all.
    pub(super) activity: Runs,
    pub(super) words: Words,
    pub(super) libraries: Libraries,
    /// Indices of events that report a failure worth stopping at.
    pub(super) failures: Vec<u64>,
    /// Indices of driver calls.
    pub(super) calls: Vec<u64>,
    /// Calls beyond the most that are kept.
    pub(super) more_calls: u64,
    /// Functions that were called.
    pub(super) functions: BTreeSet<String>,
    pub(super) lost: u64,
    pub(super) health: Health,
    /// What the recorder said about itself and the run: id and sentence.
    pub(super) notes: Vec<(String, String)>,
    /// Events looked at.
    pub(super) done: u64,
    /// Nanoseconds since the begin, of the last event.
    pub(super) last: u64,
    /// The recorder wrote its last line.
    pub(super) ended: bool,
    /// Frames read.
    #[serde(skip)]
    frames: usize,
    #[serde(skip)]
    discovery: Discovery,
    #[serde(skip)]
    pub(super) waypoints: Waypoints,
    #[serde(skip)]
    scene: Scene,
    #[serde(skip)]
    started: bool,
}

impl Digest {
    /// Reads one more frame; false when there is none.
    pub(super) fn step(&mut self, book: &mut Book) -> bool {
        if !self.started {
            self.started = true;
            self.discovery = Discovery::new(book.recording().header());
            self.scene = book.scene_before(0);
        }
        if self.frames >= book.frames() {
            return false;
        }
        let frame = self.frames;
        let first = book.first_of(frame);
        let skip = usize::try_from(self.done.saturating_sub(first)).unwrap_or(usize::MAX);
        let whole = frame + 1 < book.frames() || !book.recording().grows();
        if !whole && self.done >= book.total() {
            return false;
        }
        let Some(leaf) = book.leaf(frame) else {
            self.frames = book.frames();
            return false;
        };
        for (at, event) in leaf.page.events.iter().enumerate().skip(skip) {
            self.take(event, first + at as u64);
        }
        if whole {
            self.frames += 1;
            book.passed(self.scene.clone());
            self.waypoints.offer(self.done, &self.discovery);
        }
        whole
    }

    /// All of the recording was looked at.
    pub(super) fn finished(&self, book: &Book) -> bool {
        self.frames >= book.frames()
    }

    /// The model so far. At the end of a recording that grows no more it can be had once: what was kept for it goes into it.
    pub(super) fn model(&mut self, book: &Book) -> Model {
        let mut model = if self.finished(book) && !book.recording().grows() {
            std::mem::take(&mut self.discovery).into_model()
        } else {
            self.discovery.finish()
        };
        model.blind.damaged = book.recording().is_damaged();
        model
    }

    /// The GPU of this run was the shim's: the recorder's word about it.
    pub(super) fn virtual_gpu(&self) -> Option<&str> {
        let mut notes = self.notes.iter();
        let note = notes.find(|(id, _)| id == VIRTUAL_GPU);
        note.map(|(_, text)| text.as_str())
    }

    fn take(&mut self, event: &Event, index: u64) {
        self.scene.before(event);
        self.discovery.push(event);
        self.health.take(event);
        let time = self.scene.since_begin(event.time);
        self.done = index + 1;
        self.last = self.last.max(time);
        self.activity.push(time, time, MOST);
        let number = event.process.map_or(0, |process| process.number);
        if event.kind.failed() && is_telling(event) {
            if self.failures.len() < MAX_INDICES {
                self.failures.push(index);
            }
            self.mark(number, time, Mark::Failure, index);
        }
        self.of_kind(event, number, time, index);
        self.scene.after(event);
    }

    /// How many marks of a kind a lane may have.
    fn most(&self) -> usize {
        (MOST_TOGETHER / self.lanes.len().max(1)).clamp(64, MOST)
    }

    fn mark(&mut self, number: u32, time: u64, mark: Mark, index: u64) {
        let most = self.most();
        if let Some(lane) = self.lanes.get_mut(&number) {
            lane.mark(mark, time, index, most);
        }
    }

    fn of_kind(&mut self, event: &Event, number: u32, time: u64, index: u64) {
        let most = self.most();
        match &event.kind {
            Kind::Fork(fork) => self.forked(event, fork, time, index),
            Kind::Exec(exec) => self.executed(exec, number, time, index),
            Kind::Exit(exit) => {
                if let Some(lane) = self.lanes.get_mut(&number) {
                    ended(lane, exit);
                    lane.ended(time, most);
                }
            }
            Kind::Signal(signal) => self.signalled(signal, number, time, index),
            Kind::List(_) => {
                let from = self.scene.since_begin(event.start());
                if let Some(lane) = self.lanes.get_mut(&number) {
                    lane.walked(from, time, most);
                }
            }
            Kind::Call(call) => self.called(event, call, number, index),
            Kind::Return(back) => {
                if let Some(lane) = self.lanes.get_mut(&number) {
                    lane.closed(back.call, time, most);
                }
            }
            Kind::Unfinished(open) => {
                if let Some(call) = open.call.filter(|_| open.because != Because::Slow)
                    && let Some(lane) = self.lanes.get_mut(&number)
                {
                    lane.closed(call, time, most);
                }
            }
            Kind::Map(map) => self.libraries.map(event, map, index),
            Kind::Unmap(unmap) => self.libraries.unmap(event, unmap, index),
            Kind::Output(_) => {
                let scene = &self.scene;
                self.words
                    .push(event, index, |time| scene.since_begin(time));
                self.mark(number, time, Mark::Word, index);
            }
            Kind::Loss(loss) => self.lost = self.lost.saturating_add(loss.count),
            Kind::Note(note) if self.notes.len() < MAX_NOTES => {
                let text = |text: &Text| text.as_str().chars().take(MAX_NAME).collect();
                self.notes.push((text(&note.id), text(&note.text)));
            }
            Kind::End(_) => self.ended = true,
            _ => {}
        }
    }

    fn forked(&mut self, event: &Event, fork: &Fork, time: u64, index: u64) {
        if let Some(child) = self.lane(fork.child.number, time, index) {
            child.parent = event.process.map(|parent| parent.number);
            child.pid = fork.pid;
            child.from = time;
            child.index = index;
        }
    }

    fn executed(&mut self, exec: &Exec, number: u32, time: u64, index: u64) {
        if let Some(lane) = self.lane(number, time, index) {
            let argv = exec.argv.value().map_or(&[][..], Vec::as_slice);
            let words: Vec<&str> = argv.iter().map(Text::as_str).collect();
            lane.executed(index, words.join(" ").chars().take(MAX_NAME).collect());
            lane.parent = lane
                .parent
                .or_else(|| exec.parent.map(|parent| parent.number));
            lane.pid = exec.pid;
        }
    }

    /// The lane of a process, made when it is new; `None` beyond the limit.
    fn lane(&mut self, number: u32, time: u64, index: u64) -> Option<&mut Lane> {
        if !self.lanes.contains_key(&number) {
            if self.lanes.len() >= MAX_LANES {
                self.more_lanes += 1;
                return None;
            }
            self.order.push((index, number));
            self.lanes.insert(number, Lane::new(number, time, index));
        }
        self.lanes.get_mut(&number)
    }

    fn signalled(&mut self, signal: &Signal, from: u32, time: u64, index: u64) {
        let number = signal.to.map_or(from, |to| to.number);
        let parent = self.lanes.get(&number).and_then(|lane| lane.parent);
        let kills = signal.name.as_str() == "SIGKILL" && number != from && parent == Some(from);
        let mark = if kills { Mark::Kill } else { Mark::Signal };
        self.mark(number, time, mark, index);
    }

    fn called(&mut self, event: &Event, call: &Call, number: u32, index: u64) {
        if !self.functions.contains(call.function.as_str()) && self.functions.len() < MAX_FUNCTIONS
        {
            self.functions.insert(call.function.as_str().to_owned());
        }
        if call.entry_only {
            return;
        }
        let diary = !matches!(call.api.as_str(), "dl" | "ggml" | "constructor");
        if diary && self.calls.len() < MAX_INDICES {
            self.calls.push(index);
        } else if diary {
            self.more_calls += 1;
        }
        let from = self.scene.since_begin(event.start());
        if let Some(lane) = self.lanes.get_mut(&number) {
            lane.opened(event.seq, call.api.as_str(), event.tid, from);
        }
    }
}

fn ended(lane: &mut Lane, exit: &Exit) {
    lane.failed = exit.signal.is_some() || exit.code.is_some_and(|code| code != 0);
    lane.end = match (&exit.signal, exit.code) {
        (Some(signal), _) => signal.as_str().to_owned(),
        (None, code) => format!("exit {}", code.unwrap_or(0)),
    };
}

/// A failure that a person would stop at: not one of the hundred places where a file is not.
fn is_telling(event: &Event) -> bool {
    match &event.kind {
        Kind::Open(open) => open.err.is_some_and(|err| err.0 != 2),
        Kind::Stat(_) | Kind::Access(_) | Kind::Readlink(_) | Kind::Socket(_) => false,
        Kind::Exit(exit) => exit.signal.is_some(),
        _ => true,
    }
}
