//! What one pass over the recording keeps: lanes with spans and marks, words, library maps, failures, the model.
//!
//! The pass is made in slices between two keys, so the first list is there at once and a long recording shows its
//! progress. Each list has a limit; what goes beyond it is counted.

use std::collections::BTreeMap;

use super::book::Book;
use crate::discover::Model;
use crate::discover::events::Discovery;
use crate::event::call::Because;
use crate::event::{Event, Kind, Proc, Seq, Text};
use crate::view::lines::Lines;
use crate::view::scene::Scene;

/// Entries of each list.
const MAX_EACH: usize = 200_000;

/// What a mark on a lane is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Mark {
    /// Something was said.
    Word,
    /// Something failed.
    Failure,
    /// A fault or a fatal signal.
    Signal,
}

/// A stretch of time on a lane.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Span {
    pub(super) lane: u32,
    /// Nanoseconds since the recording began.
    pub(super) from: u64,
    /// `None` while it is open.
    pub(super) to: Option<u64>,
    pub(super) depth: u16,
    pub(super) label: String,
    pub(super) failed: bool,
    /// Index of the event that began it.
    pub(super) index: u64,
}

/// One process.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Lane {
    pub(super) number: u32,
    pub(super) parent: Option<u32>,
    pub(super) pid: u32,
    pub(super) name: String,
    pub(super) from: u64,
    pub(super) to: Option<u64>,
    pub(super) end: String,
    /// It ended by a signal or with a code that is not 0.
    pub(super) failed: bool,
    pub(super) index: u64,
}

/// A line that a process wrote.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Word {
    pub(super) index: u64,
    pub(super) time: u64,
    pub(super) process: Option<Proc>,
    pub(super) text: String,
}

/// A mapped library.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Mapped {
    pub(super) index: u64,
    pub(super) gone: Option<u64>,
    pub(super) process: Option<Proc>,
    pub(super) path: Text,
    address: Option<u64>,
}

/// The whole.
#[derive(Debug, Default)]
pub(super) struct Digest {
    pub(super) lanes: BTreeMap<u32, Lane>,
    /// Index of the event that began each lane, in order.
    pub(super) lane_order: Vec<u64>,
    pub(super) spans: Vec<Span>,
    pub(super) marks: Vec<(u32, u64, Mark, u64)>,
    pub(super) words: Vec<Word>,
    pub(super) mapped: Vec<Mapped>,
    /// Indices of events that report a failure worth stopping at.
    pub(super) failures: Vec<u64>,
    /// Indices of driver calls.
    pub(super) calls: Vec<u64>,
    pub(super) lost: u64,
    /// Events looked at.
    pub(super) done: u64,
    /// Nanoseconds since the begin, of the last event.
    pub(super) last: u64,
    /// Frames read.
    frames: usize,
    discovery: Discovery,
    open: BTreeMap<Seq, usize>,
    depth: BTreeMap<(u32, Option<u32>), u16>,
    lines: Lines,
    scene: Scene,
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
        let Some(leaf) = book.leaf(frame) else {
            self.frames = book.frames();
            return false;
        };
        let skip = usize::try_from(self.done.saturating_sub(first)).unwrap_or(usize::MAX);
        for (at, event) in leaf.page.events.iter().enumerate().skip(skip) {
            self.take(event, first + at as u64);
        }
        let whole = frame + 1 < book.frames() || !book.recording().grows();
        if whole {
            self.frames += 1;
            book.passed(self.scene.clone());
        }
        whole
    }

    /// All of the recording was looked at.
    pub(super) fn finished(&self, book: &Book) -> bool {
        self.frames >= book.frames()
    }

    /// The model so far.
    pub(super) fn model(&self) -> Model {
        self.discovery.finish()
    }

    fn take(&mut self, event: &Event, index: u64) {
        self.scene.before(event);
        self.discovery.push(event);
        let time = self.scene.since_begin(event.time);
        self.done = index + 1;
        self.last = self.last.max(time);
        let lane = event.process.map_or(0, |process| process.number);
        if event.kind.failed() && is_telling(event) && self.failures.len() < MAX_EACH {
            self.failures.push(index);
            self.mark(lane, time, Mark::Failure, index);
        }
        self.of_kind(event, lane, time, index);
        self.scene.after(event);
    }

    fn mark(&mut self, lane: u32, time: u64, mark: Mark, index: u64) {
        if self.marks.len() < MAX_EACH {
            self.marks.push((lane, time, mark, index));
        }
    }

    fn of_kind(&mut self, event: &Event, lane: u32, time: u64, index: u64) {
        match &event.kind {
            Kind::Fork(fork) => {
                if !self.lanes.contains_key(&fork.child.number) {
                    self.lane_order.push(index);
                }
                let child = self.lanes.entry(fork.child.number).or_default();
                child.number = fork.child.number;
                child.parent = event.process.map(|parent| parent.number);
                child.pid = fork.pid;
                child.from = time;
                child.index = index;
            }
            Kind::Exec(exec) => self.executed(exec, lane, time, index),
            Kind::Exit(exit) => {
                if let Some(known) = self.lanes.get_mut(&lane) {
                    known.to = Some(time);
                    known.failed = exit.signal.is_some() || exit.code.is_some_and(|code| code != 0);
                    known.end = match (&exit.signal, exit.code) {
                        (Some(signal), _) => signal.as_str().to_owned(),
                        (None, code) => format!("exit {}", code.unwrap_or(0)),
                    };
                }
            }
            Kind::Signal(signal) => {
                let lane = signal.to.map_or(lane, |to| to.number);
                self.mark(lane, time, Mark::Signal, index);
            }
            Kind::Call(call) if !call.entry_only => self.opened(event, call, lane, index),
            Kind::Return(back) => self.closed(back.call, time, back.failed, lane, event.tid),
            Kind::Unfinished(open) => {
                if let Some(call) = open.call
                    && open.because != Because::Slow
                {
                    self.closed(call, time, true, lane, event.tid);
                }
            }
            Kind::Map(map) if map.err.is_none() => {
                if let Some(path) = map.path.value()
                    && self.mapped.len() < MAX_EACH
                {
                    self.mapped.push(Mapped {
                        index,
                        gone: None,
                        process: event.process,
                        path: path.clone(),
                        address: map.address.map(|address| address.0),
                    });
                }
            }
            Kind::Unmap(unmap) => {
                let gone = self.mapped.iter_mut().rev().take(4_096).find(|known| {
                    known.gone.is_none()
                        && known.process.map(|process| process.number) == Some(lane)
                        && known.address == Some(unmap.address.0)
                });
                if let Some(known) = gone {
                    known.gone = Some(index);
                }
            }
            Kind::Output(_) => {
                let mut whole = Vec::new();
                self.lines.push(event.clone(), &mut whole);
                self.said(&whole, index);
                self.mark(lane, time, Mark::Word, index);
            }
            Kind::Loss(loss) => self.lost = self.lost.saturating_add(loss.count),
            _ => {}
        }
    }

    fn executed(&mut self, exec: &crate::event::process::Exec, lane: u32, time: u64, index: u64) {
        let name = exec.argv.value().map(|argv| {
            let words: Vec<&str> = argv.iter().map(Text::as_str).collect();
            words.join(" ")
        });
        if !self.lanes.contains_key(&lane) {
            self.lane_order.push(index);
        }
        let known = self.lanes.entry(lane).or_default();
        if known.number == 0 {
            known.from = time;
            known.index = index;
        }
        known.number = lane;
        known.parent = known
            .parent
            .or_else(|| exec.parent.map(|parent| parent.number));
        known.pid = exec.pid;
        known.name = name.unwrap_or_default();
    }

    fn said(&mut self, events: &[Event], index: u64) {
        for event in events {
            if let Kind::Output(output) = &event.kind
                && let Some(text) = output.text.value()
            {
                for line in text.as_str().lines() {
                    if self.words.len() < MAX_EACH && !line.is_empty() {
                        self.words.push(Word {
                            index,
                            time: self.scene.since_begin(event.time),
                            process: event.process,
                            text: line.chars().take(4_096).collect(),
                        });
                    }
                }
            }
        }
    }

    fn opened(&mut self, event: &Event, call: &crate::event::call::Call, lane: u32, index: u64) {
        let depth = self.depth.entry((lane, event.tid)).or_default();
        let label = crate::view::row::describe(
            event,
            crate::view::row::Context {
                scene: &self.scene,
                looks: crate::view::Looks::default(),
                detail: crate::view::row::Detail::Short,
            },
        );
        if !matches!(call.api.as_str(), "dl" | "ggml") && self.calls.len() < MAX_EACH {
            self.calls.push(index);
        }
        if self.spans.len() < MAX_EACH {
            self.open.insert(event.seq, self.spans.len());
            let mut text = String::new();
            label.first.write_plain(&mut text);
            self.spans.push(Span {
                lane,
                from: self.scene.since_begin(event.start()),
                to: None,
                depth: *depth,
                label: text.chars().take(200).collect(),
                failed: false,
                index,
            });
        }
        *depth = depth.saturating_add(1);
    }

    fn closed(&mut self, call: Seq, time: u64, failed: bool, lane: u32, tid: Option<u32>) {
        if let Some(depth) = self.depth.get_mut(&(lane, tid)) {
            *depth = depth.saturating_sub(1);
        }
        let index = self.open.remove(&call);
        if let Some(span) = index.and_then(|index| self.spans.get_mut(index)) {
            span.to = Some(time);
            span.failed = failed;
        }
    }
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
