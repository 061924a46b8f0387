//! Pages of a recording: a few decoded frames, and for each frame what a reader must know at its beginning.
//!
//! An event is addressed by its index from 0; frame and place follow from the running sums. Memory: the pages of the
//! cache, one scene a frame, and nothing for each event.

use std::cell::OnceCell;
use std::collections::VecDeque;
use std::rc::Rc;

use super::recording::{Page, Recording};
use crate::event::Event;
use crate::view::filter::Stretch;
use crate::view::scene::Scene;

/// Decoded frames kept.
const PAGES: usize = 4;
/// A scene is kept at every so many events of a decoded frame.
const STEP: usize = 1_024;

/// A scene with more open calls than this is not kept inside of a frame: it would be kept often.
const FEW: usize = 1_000;
/// Open calls that the scenes of all frames keep together: what hangs for ever must not be kept for each frame.
const MAX_OPEN: usize = 200_000;

/// One decoded frame.
#[derive(Debug)]
pub(super) struct Leaf {
    pub(super) page: Page,
    before: Scene,
    /// Scenes before the events 0, STEP, 2*STEP..., each with its place, made when one is asked for.
    scenes: OnceCell<Vec<(usize, Scene)>>,
}

impl Leaf {
    fn new(page: Page, before: Scene) -> Self {
        Self {
            page,
            before,
            scenes: OnceCell::new(),
        }
    }

    fn scenes(&self) -> &[(usize, Scene)] {
        self.scenes.get_or_init(|| {
            let mut scene = self.before.clone();
            let mut scenes = Vec::new();
            for (at, event) in self.page.events.iter().enumerate() {
                if at == 0 || (at % STEP == 0 && scene.open_calls() <= FEW) {
                    scenes.push((at, scene.clone()));
                }
                scene.before(event);
                scene.after(event);
            }
            scenes
        })
    }

    /// The scene just before an event is put in words: it has been told of the event by `before`.
    pub(super) fn scene_at(&self, at: usize) -> Scene {
        let known = self.scenes();
        let past = known.partition_point(|known| known.0 <= at);
        let last = past.checked_sub(1).and_then(|last| known.get(last));
        let (from, mut scene) = last.cloned().unwrap_or_default();
        for event in self.page.events.iter().take(at).skip(from) {
            scene.before(event);
            scene.after(event);
        }
        if let Some(event) = self.page.events.get(at) {
            scene.before(event);
        }
        scene
    }
}

/// The pages.
pub(super) struct Book {
    recording: Box<dyn Recording>,
    /// Index of the first event of each frame, and of the end.
    sums: Vec<u64>,
    /// The latest time in each frame and those before it, nanoseconds of CLOCK_BOOTTIME.
    times: Vec<u64>,
    /// Open calls in `before`.
    open: usize,
    /// Scene before each frame that was read through.
    before: Vec<Scene>,
    cache: VecDeque<(usize, Rc<Leaf>)>,
    pub(super) trouble: Option<String>,
}

impl Book {
    pub(super) fn new(recording: Box<dyn Recording>) -> Self {
        let origin = recording.header().map(|header| header.clock.boot.0);
        let mut book = Self {
            recording,
            sums: vec![0],
            times: Vec::new(),
            open: 0,
            before: vec![Scene::new(origin)],
            cache: VecDeque::new(),
            trouble: None,
        };
        book.grow();
        book
    }

    pub(super) fn recording(&self) -> &dyn Recording {
        self.recording.as_ref()
    }

    /// What the index says of a frame.
    pub(super) fn stretch(&mut self, frame: usize) -> Option<Stretch> {
        self.recording.stretch(frame)
    }

    /// The begin of the recording, in nanoseconds of CLOCK_BOOTTIME.
    pub(super) fn origin(&self) -> u64 {
        let header = self.recording.header();
        header.map_or(0, |header| header.clock.boot.0)
    }

    /// Looks for new events; true when there are some.
    pub(super) fn grow(&mut self) -> bool {
        match self.recording.frames() {
            Ok(frames) => {
                let known = self.total();
                let last = self.frames().saturating_sub(1);
                self.sums.truncate(1);
                self.times.clear();
                for frame in &frames {
                    let events = self.sums.last().copied().unwrap_or(0);
                    self.sums.push(events.saturating_add(frame.events));
                    let time = self.times.last().copied().unwrap_or(0);
                    self.times.push(time.max(frame.to));
                }
                let grown = known != self.total();
                if grown {
                    // The last frame has become longer.
                    self.cache.retain(|(frame, _)| *frame < last);
                }
                grown
            }
            Err(error) => {
                self.trouble = Some(error);
                false
            }
        }
    }

    /// How many events.
    pub(super) fn total(&self) -> u64 {
        self.sums.last().copied().unwrap_or(0)
    }

    pub(super) fn frames(&self) -> usize {
        self.sums.len().saturating_sub(1)
    }

    /// Frames whose beginning is known: those up to it can be shown with names.
    pub(super) fn read_through(&self) -> usize {
        self.before.len().saturating_sub(1)
    }

    /// Notes the scene before the frame that follows.
    pub(super) fn passed(&mut self, mut after: Scene) {
        self.open += after.open_calls();
        if self.open > MAX_OPEN {
            after.forget_calls();
        }
        self.before.push(after);
    }

    pub(super) fn scene_before(&self, frame: usize) -> Scene {
        let known = self.before.get(frame).or_else(|| self.before.first());
        known.cloned().unwrap_or_default()
    }

    /// Frame and place in it of an event.
    pub(super) fn place(&self, index: u64) -> Option<(usize, usize)> {
        if index >= self.total() {
            return None;
        }
        let frame = self.sums.partition_point(|sum| *sum <= index) - 1;
        let at = index - self.sums.get(frame)?;
        Some((frame, usize::try_from(at).ok()?))
    }

    /// Index of the first event of a frame.
    pub(super) fn first_of(&self, frame: usize) -> u64 {
        self.sums.get(frame).copied().unwrap_or(0)
    }

    /// A decoded frame.
    pub(super) fn leaf(&mut self, frame: usize) -> Option<Rc<Leaf>> {
        if let Some(at) = self.cache.iter().position(|(known, _)| *known == frame) {
            let found = self.cache.remove(at)?;
            let leaf = Rc::clone(&found.1);
            self.cache.push_front(found);
            return Some(leaf);
        }
        let page = match self.recording.page(frame) {
            Ok(page) => page,
            Err(error) => {
                self.trouble = Some(error);
                return None;
            }
        };
        let leaf = Rc::new(Leaf::new(page, self.scene_before(frame)));
        self.cache.push_front((frame, Rc::clone(&leaf)));
        self.cache.truncate(PAGES);
        Some(leaf)
    }

    /// An event, its raw line, and the scene to describe it in.
    pub(super) fn event(&mut self, index: u64) -> Option<(Event, String, Scene)> {
        let (frame, at) = self.place(index)?;
        let leaf = self.leaf(frame)?;
        let event = leaf.page.events.get(at)?.clone();
        let raw = leaf.page.raw(at).unwrap_or_default().to_owned();
        Some((event, raw, leaf.scene_at(at)))
    }

    /// Index of the first event that is not before a time (nanoseconds of CLOCK_BOOTTIME). One frame is decoded for it.
    pub(super) fn at_time(&mut self, time: u64) -> u64 {
        let frame = self.times.partition_point(|latest| *latest < time);
        if frame >= self.frames() {
            return self.total().saturating_sub(1);
        }
        let first = self.first_of(frame);
        let past = self.leaf(frame).map_or(0, |leaf| {
            let events = &leaf.page.events;
            events.iter().take_while(|event| event.time < time).count()
        });
        (first + past as u64).min(self.total().saturating_sub(1))
    }

    /// When an event was recorded.
    pub(super) fn event_time(&mut self, index: u64) -> Option<u64> {
        let (frame, at) = self.place(index)?;
        let leaf = self.leaf(frame)?;
        leaf.page.events.get(at).map(|event| event.time)
    }
}
