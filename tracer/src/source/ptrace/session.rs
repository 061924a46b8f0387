//! A recording by ptrace: the side of the recorder's own thread.

use std::collections::HashMap;
use std::fs::File;
use std::os::fd::{AsFd, BorrowedFd};
use std::path::Path;
use std::sync::mpsc;
use std::thread::JoinHandle;
use std::time::Duration;

use rustix::event::{EventfdFlags, eventfd};
use tokio::sync::oneshot;

use super::Error;
use super::engine::Engine;
use super::link::{Link, Shared};
use super::plans::Plans;
use crate::event::call::Because;
use crate::event::{Event, Kind};
use crate::source::facts::Facts;
use crate::source::images::Images;
use crate::source::plan::{Calls, Interest};
use crate::source::slow::{InFlight, SLOW, Slow};
use crate::source::tracker::{Settings, Story, Tracker};
use crate::sys::ptrace;

/// How long the target may take to be let go, in ticks.
const LEAVING: u32 = 400;
const TICK: Duration = Duration::from_millis(5);

/// The engine at work. When it is dropped the recording ends; the target goes on as long as this process lives.
pub struct Session {
    link: Link,
    slow: Slow,
    /// The thread that traces processes which run on.
    leaving: Option<(JoinHandle<()>, u32)>,
}

impl Session {
    /// An engine that follows nobody yet.
    ///
    /// # Errors
    /// No descriptor is free.
    pub fn new(settings: Settings, calls: Calls) -> Result<Self, Error> {
        let flags = EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK;
        let wake = eventfd(0, flags).map_err(|error| Error::Start {
            what: "cannot make an event descriptor",
            source: error.into(),
        })?;
        let shared = Shared {
            tracker: Tracker::new(settings, Box::new(Images::default())),
            facts: Facts::default(),
            plans: Plans::new(calls),
            counts: super::counts::Counts::default(),
            story: Story::default(),
            in_flight: HashMap::new(),
            lost: 0,
            bytes: 0,
            closed: false,
        };
        Ok(Self {
            link: Link::new(shared, wake),
            slow: Slow::default(),
            leaving: None,
        })
    }

    /// Looks at a file before anything runs, so that mapping it later takes no longer than it must.
    pub fn probe(&mut self, path: &Path, interest: Interest) {
        let Ok(file) = File::open(path) else { return };
        let mut shared = self.link.lock();
        let shared = &mut *shared;
        if interest == Interest::Always {
            shared.plans.preloaded(&file);
        }
        let probes = shared.tracker.probes_mut();
        shared.plans.plan(file, &path.to_string_lossy(), probes);
    }

    /// Follows a process from now on, in a thread that lives as long as anything of it. Returns what will tell its end.
    ///
    /// # Errors
    /// The kernel does not allow it.
    pub fn follow(&mut self, tgid: u32, cwd: &str) -> Result<oneshot::Receiver<u32>, Error> {
        self.link.lock().tracker.begin(tgid, cwd);
        let (tell_end, end) = oneshot::channel();
        let (tell_begin, begin) = mpsc::channel();
        let link = self.link.clone();
        let work = move || {
            let seized = ptrace::seize(tgid);
            let good = seized.is_ok();
            let heard = tell_begin.send(seized).is_ok();
            if good && heard {
                Engine::new(link, tgid, tell_end).run();
            }
        };
        std::thread::Builder::new()
            .name("ptrace".to_owned())
            .spawn(work)
            .map_err(|source| Error::Start {
                what: "cannot start a thread",
                source,
            })?;
        let begun = begin
            .recv()
            .unwrap_or_else(|_| Err(std::io::Error::other("the engine's thread is gone")));
        begun.map_err(Error::Denied)?;
        Ok(end)
    }

    /// Follows processes that run already, and all below them, until this is dropped; then they go on. Every system call of
    /// theirs stops; functions are not watched. Returns how many there are.
    ///
    /// # Errors
    /// The kernel does not allow it.
    pub fn adopt(&mut self, roots: &[u32], events: &mut Vec<Event>) -> Result<usize, Error> {
        let denied = |source| Error::NotAllowed {
            pid: roots.first().copied().unwrap_or(0),
            source,
        };
        ptrace::be_wakeable().map_err(denied)?;
        let (tell_begin, begin) = mpsc::channel();
        let (link, wanted) = (self.link.clone(), roots.to_vec());
        let work = move || {
            let mut engine = Engine::of_running(link);
            let taken = engine.take_running(&wanted);
            let good = taken.is_ok();
            let heard = tell_begin.send((taken, ptrace::this_thread())).is_ok();
            if good && heard {
                engine.run();
            }
        };
        let thread = std::thread::Builder::new()
            .name("ptrace".to_owned())
            .spawn(work)
            .map_err(|source| Error::Start {
                what: "cannot start a thread",
                source,
            })?;
        let (taken, id) = begin
            .recv()
            .map_err(|_| denied(std::io::Error::other("the engine's thread is gone")))?;
        let taken = taken.map_err(denied)?;
        self.leaving = Some((thread, id));
        self.link.lock().hand_over(events);
        Ok(taken)
    }

    /// Traced processes that are alive.
    #[must_use]
    pub fn alive(&self) -> usize {
        self.link.lock().tracker.alive()
    }

    /// An event of the recorder itself. Those that the engine has numbered before it go first, into `events`.
    pub fn own(&mut self, time: u64, kind: Kind, events: &mut Vec<Event>) -> Event {
        let mut shared = self.link.lock();
        shared.hand_over(events);
        shared.tracker.own(time, None, None, kind)
    }

    /// Takes what the engine has told, and looks up what is wanted for it. Returns true when there was something.
    pub fn take(&mut self, events: &mut Vec<Event>) -> bool {
        let _ = rustix::io::read(self.link.wake(), &mut [0_u8; 8]);
        self.link.lock().hand_over(events)
    }

    /// Looks after what no stop tells: calls that hang. To be called about once a second.
    pub fn look(&mut self, now: u64, events: &mut Vec<Event>) {
        let mut shared = self.link.lock();
        let shared = &mut *shared;
        shared.hand_over(events);
        shared.counts.tell(&mut shared.tracker, now, None, events);
        let Story { events: slow, .. } = shared.tracker.sweep(now, Some(SLOW));
        events.extend(slow);
        let calls = sorted(&shared.in_flight);
        let about = (now, Because::Slow);
        self.slow.tell(&mut shared.tracker, &calls, about, events);
    }

    /// The last events: what is still open.
    pub fn end(&mut self, now: u64, events: &mut Vec<Event>) {
        let mut shared = self.link.lock();
        let shared = &mut *shared;
        shared.hand_over(events);
        shared.closed = true;
        let calls = sorted(&shared.in_flight);
        let about = (now, Because::End);
        self.slow.tell(&mut shared.tracker, &calls, about, events);
        shared.counts.tell(&mut shared.tracker, now, None, events);
        let Story { events: open, .. } = shared.tracker.sweep(now, None);
        events.extend(open);
    }

    /// Breakpoints that another tracer had or took away: calls may have passed there unseen.
    #[must_use]
    pub fn lost(&self) -> u64 {
        self.link.lock().lost
    }

    /// Functions that are watched.
    #[must_use]
    pub fn functions(&self) -> u64 {
        self.link.lock().plans.functions()
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        self.link.lock().closed = true;
        let Some((thread, id)) = self.leaving.take() else {
            return;
        };
        // A thread that cannot stop now (vfork) is let go by the kernel when this process ends.
        for _ in 0..LEAVING {
            if thread.is_finished() {
                return;
            }
            ptrace::wake(id);
            std::thread::sleep(TICK);
        }
    }
}

impl AsFd for Session {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.link.wake().as_fd()
    }
}

fn sorted(calls: &HashMap<u32, InFlight>) -> Vec<InFlight> {
    let mut calls: Vec<InFlight> = calls.values().copied().collect();
    calls.sort_unstable_by_key(|call| (call.start, call.tid));
    calls
}
