//! The loop of a recording: ring, clock, target and signals, in one thread.

mod ending;

use std::time::Duration;

use nix::sys::signal::Signal;
use tokio::time::{Instant, MissedTickBehavior, interval, sleep_until};

use super::progress::Progress;
use super::verdicts::Verdicts;
use super::watch::{Child, Signals, Status};
use crate::event::Kind;
use crate::event::host::End;
use crate::event::loss::Note;
use crate::event::process::Exec;
use crate::event::{Event, Text};
use crate::source::hold::{Held, Hold};
use crate::source::session::Session;
use crate::source::{clock, host};
use crate::sys::readiness;
use crate::trace::{self, Lane, Outcome, Writer};
use crate::view::summary::Summary;

pub(in crate::cmd) use ending::{Limits, Outcomes, Why, exit_code};

/// The ring is looked at this often while records come, and half as often each time when none do.
const BUSY: Duration = Duration::from_millis(5);
const IDLE: Duration = Duration::from_millis(40);
/// Batches that are taken from the ring before anything else is looked at.
const BATCHES: usize = 16;
/// A target that was asked to end gets this long before it is killed.
const GRACE: Duration = Duration::from_secs(5);
/// Other processes of the tree get this long after the target.
const STRAGGLERS: Duration = Duration::from_millis(500);

/// A recording in progress.
pub(in crate::cmd) struct Live {
    /// Nothing once the recording has stopped while the target goes on.
    recording: Option<(Session, Writer)>,
    summary: Summary,
    limits: Limits,
    progress: Progress,
    verdicts: Option<Verdicts>,
    trouble: Option<trace::Error>,
    written: Option<trace::Summary>,
    stopped: Option<Why>,
    events: Vec<Event>,
    /// Openings that wait for their probes.
    hold: Option<Hold>,
    on_exec: Option<OnExec>,
    on_tick: Option<OnTick>,
}

/// What the recorder has to say of a program that starts.
pub(in crate::cmd) type OnExec = Box<dyn FnMut(&Exec) -> Option<Note>>;

/// What the recorder looks after meanwhile: it may change what is waited for, add events, and have something to say.
pub(in crate::cmd) type OnTick = Box<dyn FnMut(&mut Session, &mut Vec<Event>) -> Option<Note>>;

impl Live {
    pub(in crate::cmd) fn new(
        session: Session,
        writer: Writer,
        summary: Summary,
        limits: Limits,
        progress: Progress,
        verdicts: Option<Verdicts>,
    ) -> Self {
        Self {
            recording: Some((session, writer)),
            summary,
            limits,
            progress,
            verdicts,
            trouble: None,
            written: None,
            stopped: None,
            events: Vec::new(),
            hold: None,
            on_exec: None,
            on_tick: None,
        }
    }

    /// Asks for a word of the recorder's at each program that starts.
    pub(in crate::cmd) fn on_exec(&mut self, word: OnExec) {
        self.on_exec = Some(word);
    }

    /// Asks for something to be looked after, 25 times a second or more often.
    pub(in crate::cmd) fn on_tick(&mut self, look: OnTick) {
        self.on_tick = Some(look);
    }

    /// Openings of unknown libraries wait for their probes.
    pub(in crate::cmd) fn hold(&mut self, hold: Option<Hold>) {
        self.hold = hold;
    }

    /// Probes what somebody waits to open, and lets him go on.
    fn probe_held(&mut self, held: &Held) {
        if let Some((session, _)) = &mut self.recording {
            session.probe_held(&held.file, &held.path);
        }
        if let Some(hold) = &self.hold {
            hold.release(held);
        }
    }

    /// Puts the recorder's own words at the beginning of the trace.
    pub(in crate::cmd) fn notes(&mut self, notes: &[Note]) {
        let Some((session, _)) = &mut self.recording else {
            return;
        };
        let now = clock::boottime();
        for note in notes {
            let event = session.own(now, Kind::Note(note.clone()), &mut self.events);
            self.events.push(event);
        }
        self.write();
    }

    /// Puts what was there before the recording at the beginning of the trace.
    pub(in crate::cmd) fn begin_with(&mut self, events: Vec<Event>) {
        self.events.extend(events);
        self.write();
    }

    /// Records until something ends it.
    ///
    /// # Errors
    /// A descriptor that cannot be watched.
    pub(in crate::cmd) async fn record(
        mut self,
        child: &mut Child,
        signals: &Signals,
    ) -> std::io::Result<Outcomes> {
        let Some((session, _)) = &self.recording else {
            return Err(std::io::Error::other("nothing to record"));
        };
        let ring = readiness::readable(session)?;
        let mut pause = BUSY;
        let mut next = Instant::now() + pause;
        let mut second = interval(Duration::from_secs(1));
        second.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let timeout = self.limits.timeout.map(|timeout| Instant::now() + timeout);
        let mut ending: Option<(Why, Instant)> = None;
        let mut status = None;
        let mut stragglers: Option<Instant> = None;
        loop {
            tokio::select! {
                biased;
                arrived = signals.next() => {
                    if !child.is_ours() {
                        return Ok(self.finish(Why::Interrupted, Some(Status::Unknown)));
                    }
                    if ending.is_some() || status.is_some() {
                        // The second one: at once.
                        child.signal(Signal::SIGKILL);
                        return Ok(self.finish(Why::Interrupted, status));
                    }
                    if !arrived.from_terminal {
                        child.signal(arrived.signal);
                    }
                    ending = Some((Why::Interrupted, Instant::now() + GRACE));
                }
                ended = child.ended(), if status.is_none() => {
                    next = Instant::now();
                    (status, stragglers) = (Some(ended), Some(next + STRAGGLERS));
                }
                () = until(timeout), if ending.is_none() && status.is_none() => {
                    if !child.is_ours() {
                        return Ok(self.finish(Why::Timeout, Some(Status::Unknown)));
                    }
                    child.signal(Signal::SIGTERM);
                    ending = Some((Why::Timeout, Instant::now() + GRACE));
                }
                () = until(ending.map(|(_, when)| when)), if status.is_none() => {
                    child.signal(Signal::SIGKILL);
                    ending = ending.map(|(why, _)| (why, Instant::now() + GRACE));
                }
                held = next_held(&mut self.hold) => self.probe_held(&held),
                ready = ring.readable() => {
                    if let Ok(mut ready) = ready { ready.clear_ready() }
                    next = Instant::now();
                    self.take();
                }
                () = sleep_until(next) => {
                    pause = if self.take() { BUSY } else { (pause * 2).min(IDLE) };
                    next = Instant::now() + pause;
                    self.tick();
                }
                _ = second.tick() => self.look(),
            }
            if ending.is_none()
                && status.is_none()
                && let Some(why) = self.reached()
            {
                if !child.is_ours() {
                    return Ok(self.finish(why, Some(Status::Unknown)));
                }
                child.signal(Signal::SIGTERM);
                ending = Some((why, Instant::now() + GRACE));
            }
            // Nothing of somebody else's is waited for when nothing is recorded any more.
            if !child.is_ours()
                && let Some(why) = self.stopped
            {
                return Ok(self.finish(why, Some(Status::Unknown)));
            }
            if status.is_some()
                && (self.alive() == 0 || stragglers.is_some_and(|when| Instant::now() >= when))
            {
                let why = ending.map_or(Why::Exited, |(why, _)| why);
                return Ok(self.finish(why, status));
            }
        }
    }

    fn alive(&self) -> usize {
        self.recording
            .as_ref()
            .map_or(0, |(session, _)| session.alive())
    }

    /// Takes what waits in the ring, up to a number of batches, since a target can fill it as fast as it is read. Each
    /// batch is written before the next is taken: what is held at once is bounded in bytes, however long the events are.
    /// Returns true when there was something.
    fn take(&mut self) -> bool {
        for batch in 0..BATCHES {
            let more = self
                .recording
                .as_mut()
                .is_some_and(|(session, _)| session.take(&mut self.events));
            self.write();
            if !more {
                return batch > 0;
            }
        }
        true
    }

    fn tick(&mut self) {
        let now = clock::boottime();
        if let Some((_, writer)) = &mut self.recording
            && let Err(error) = writer.tick(now)
        {
            self.stop(Why::Disk, Some(error));
        }
        if let (Some(look), Some((session, _))) = (&mut self.on_tick, &mut self.recording) {
            let note = look(session, &mut self.events);
            self.write();
            self.notes(note.as_slice());
        }
        self.progress.tick(now, &self.summary);
        // A recording that ends by itself soon tells them at its end.
        if let Some(verdicts) = &mut self.verdicts
            && self.limits.until.is_none()
        {
            verdicts.tick(now);
        }
    }

    fn look(&mut self) {
        let Some((session, _)) = &mut self.recording else {
            return;
        };
        if let Err(error) = session.look(clock::boottime(), &mut self.events) {
            tracing::warn!(%error, "the kernel side cannot be looked at");
        }
        self.write();
    }

    /// Writes the gathered events.
    fn write(&mut self) {
        let mut events = std::mem::take(&mut self.events);
        let mut notes = Vec::new();
        for event in &events {
            if let (Kind::Exec(exec), Some(word)) = (&event.kind, &mut self.on_exec) {
                notes.extend(word(exec));
            }
            self.summary.push(event);
            self.progress.push(event);
            if let Some(verdicts) = &mut self.verdicts {
                verdicts.push(event);
            }
            if let Some((until, _)) = &mut self.limits.until {
                until.observe(event);
            }
            let Some((_, writer)) = &mut self.recording else {
                continue;
            };
            match writer.write(event, Lane::Story) {
                Ok(Outcome::Written) => {}
                Ok(Outcome::Full) => self.stop(Why::Size, None),
                Err(error) => self.stop(Why::Disk, Some(error)),
            }
        }
        if !notes.is_empty() {
            self.notes(&notes);
        }
        // The list keeps its room for the next batch.
        events.clear();
        if self.events.is_empty() {
            self.events = events;
        }
    }

    /// The recording stops, the target goes on.
    fn stop(&mut self, why: Why, trouble: Option<trace::Error>) {
        self.progress.stopped(why.name());
        self.trouble = trouble;
        self.stopped = Some(why);
        self.close(why, None);
    }

    /// `--until` is fulfilled.
    fn reached(&mut self) -> Option<Why> {
        let (until, why) = self.limits.until.as_mut()?;
        until.over(clock::boottime()).then_some(*why)
    }

    fn finish(mut self, why: Why, status: Option<Status>) -> Outcomes {
        let left = self.alive();
        self.close(why, status);
        Outcomes {
            why: self.stopped.unwrap_or(why),
            status,
            trouble: self.trouble,
            written: self.written,
            summary: self.summary,
            verdicts: self.verdicts,
            left,
        }
    }

    /// Writes what is still open and the end; then everything is detached.
    fn close(&mut self, why: Why, status: Option<Status>) {
        // From here on nobody waits for this process.
        self.hold = None;
        let Some((mut session, writer)) = self.recording.take() else {
            return;
        };
        let mut events = Vec::new();
        if let Err(error) = session.end(clock::boottime(), &mut events) {
            tracing::warn!(%error, "the kernel side cannot be looked at");
        }
        self.recording = Some((session, writer));
        self.events = events;
        if self.trouble.is_none() && why != Why::Size {
            self.write();
        }
        let Some((mut session, writer)) = self.recording.take() else {
            return;
        };
        let end = End {
            clock: host::clock(),
            why: Text::from(why.name()),
            status: Some(i32::from(exit_code(why, status))),
            lost: session.lost(),
            probes: Some(session.functions()),
            others: session.others(),
        };
        // Nothing is numbered any more.
        let event = session.own(clock::boottime(), Kind::End(end), &mut Vec::new());
        self.summary.push(&event);
        if let Some(verdicts) = &mut self.verdicts {
            verdicts.push(&event);
        }
        match writer.finish(&event) {
            Ok((_, written)) => self.written = Some(written),
            Err(error) => {
                self.trouble.get_or_insert(error);
            }
        }
    }
}

/// The next opening that waits; never without `--hold`.
async fn next_held(hold: &mut Option<Hold>) -> Held {
    let next = match hold {
        Some(hold) => hold.next().await,
        None => None,
    };
    match next {
        Some(held) => held,
        None => std::future::pending().await,
    }
}

/// At a time, or never.
async fn until(when: Option<Instant>) {
    match when {
        Some(when) => sleep_until(when).await,
        None => std::future::pending().await,
    }
}
