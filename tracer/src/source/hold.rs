//! `--hold`: whoever opens a library that has not been probed waits until it has been, so that no first call is missed.
//!
//! Permission events of fanotify (CAP_SYS_ADMIN) on every file system with files. A thread of its own answers: what is no
//! library of interest goes on at once and is not asked about again until it is written to; what is one is handed over to
//! the recorder and goes on when that has probed it, or after two seconds. When the thread or the whole recorder dies the
//! kernel lets everybody go on. The thread opens no file itself: it would wait for its own answer.

mod files;

use std::fs::File;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::fs::MetadataExt;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use nix::sys::fanotify::{
    EventFFlags, Fanotify, FanotifyEvent, FanotifyResponse, InitFlags, MarkFlags, MaskFlags,
    Response,
};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use super::library::Image;
use super::library::exports::{BACKEND_MARKS, DRIVER_MARKS, exports_any};

/// A held opening goes on after this time in any case.
const LONGEST: Duration = Duration::from_secs(2);
/// How often it is looked whether one has been held too long.
const TICK: Timespec = Timespec {
    tv_sec: 0,
    tv_nsec: 200_000_000,
};

/// Why nothing can be held.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The kernel refuses.
    #[error("{call}: {source}")]
    Refused {
        /// The call.
        call: &'static str,
        /// Why.
        source: nix::Error,
    },
    /// A thread or pipe cannot be made, or the mounts cannot be read.
    #[error("{what}: {source}")]
    System {
        /// What was tried.
        what: &'static str,
        /// Why.
        source: std::io::Error,
    },
}

/// An opening that waits.
#[derive(Debug)]
pub struct Held {
    number: u64,
    /// The file, readable.
    pub file: File,
    /// Its path, as this process sees it.
    pub path: String,
}

struct Pending {
    number: u64,
    event: FanotifyEvent,
    since: Instant,
}

struct Shared {
    fanotify: Fanotify,
    pending: Mutex<Vec<Pending>>,
}

/// Openings are held while this lives.
pub struct Hold {
    /// The thread owns what is held: if it ends in any way, everybody goes on.
    shared: Weak<Shared>,
    held: UnboundedReceiver<Held>,
    stop: Option<OwnedFd>,
    thread: Option<JoinHandle<()>>,
}

impl Hold {
    /// Begins to hold.
    ///
    /// # Errors
    /// See [`Error`].
    pub fn begin() -> Result<Self, Error> {
        let fanotify = Fanotify::init(
            InitFlags::FAN_CLOEXEC
                | InitFlags::FAN_NONBLOCK
                | InitFlags::FAN_CLASS_CONTENT
                | InitFlags::FAN_UNLIMITED_QUEUE
                | InitFlags::FAN_UNLIMITED_MARKS,
            EventFFlags::O_RDONLY | EventFFlags::O_CLOEXEC | EventFFlags::O_LARGEFILE,
        )
        .map_err(|source| Error::Refused {
            call: "fanotify_init",
            source,
        })?;
        let system = |what| move |source| Error::System { what, source };
        let (stopped, stop) = rustix::pipe::pipe_with(rustix::pipe::PipeFlags::CLOEXEC)
            .map_err(std::io::Error::from)
            .map_err(system("pipe"))?;
        let places = files::mounts().map_err(system("/proc/self/mountinfo"))?;
        let shared = Arc::new(Shared {
            fanotify,
            pending: Mutex::default(),
        });
        let weak = Arc::downgrade(&shared);
        let (sender, held) = unbounded_channel();
        // The thread is there before the first mark: from then on every opening waits for it.
        let thread = std::thread::Builder::new()
            .name("hold".to_owned())
            .spawn(move || answer(&shared, &stopped, &sender))
            .map_err(system("a thread"))?;
        let hold = Self {
            shared: weak,
            held,
            stop: Some(stop),
            thread: Some(thread),
        };
        hold.mark(&places)?;
        Ok(hold)
    }

    fn mark(&self, places: &[std::path::PathBuf]) -> Result<(), Error> {
        let Some(shared) = self.shared.upgrade() else {
            return Ok(());
        };
        let mut refused = None;
        let mut marked = false;
        for place in places {
            let done = shared.fanotify.mark(
                MarkFlags::FAN_MARK_ADD | MarkFlags::FAN_MARK_FILESYSTEM,
                MaskFlags::FAN_OPEN_PERM,
                rustix::fs::CWD,
                Some(place),
            );
            match done {
                Ok(()) => marked = true,
                // A file system that cannot tell is none whose libraries could be held.
                Err(source) => {
                    refused = Some(Error::Refused {
                        call: "fanotify_mark",
                        source,
                    });
                }
            }
        }
        match refused {
            Some(error) if !marked => Err(error),
            _ => Ok(()),
        }
    }

    /// The next opening that waits.
    pub async fn next(&mut self) -> Option<Held> {
        self.held.recv().await
    }

    /// Lets an opening go on.
    pub fn release(&self, held: &Held) {
        let Some(shared) = self.shared.upgrade() else {
            return;
        };
        let mut pending = lock(&shared);
        if let Some(at) = pending.iter().position(|one| one.number == held.number) {
            allow(&shared.fanotify, &pending.swap_remove(at).event);
        }
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        // The pipe's end wakes the thread.
        self.stop = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn lock(shared: &Shared) -> std::sync::MutexGuard<'_, Vec<Pending>> {
    shared
        .pending
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
}

/// The thread: answers until it is told to stop.
fn answer(shared: &Shared, stopped: &OwnedFd, sender: &UnboundedSender<Held>) {
    let own = i32::try_from(std::process::id()).unwrap_or(0);
    let mut number = 0;
    loop {
        let mut waits = [
            PollFd::new(&shared.fanotify, PollFlags::IN),
            PollFd::new(stopped, PollFlags::IN),
        ];
        let ready = poll(&mut waits, Some(&TICK));
        let over = waits
            .last()
            .is_some_and(|stopped| !stopped.revents().is_empty());
        if over || ready.is_err_and(|error| error != rustix::io::Errno::INTR) {
            return;
        }
        for event in shared.fanotify.read_events().unwrap_or_default() {
            number += 1;
            let waits = (event.pid() != own).then(|| examine(shared, number, &event));
            let Some(held) = waits.flatten() else {
                allow(&shared.fanotify, &event);
                continue;
            };
            // It stands in the list before the recorder can look for it there.
            lock(shared).push(Pending {
                number,
                event,
                since: Instant::now(),
            });
            if sender.send(held).is_err() {
                return;
            }
        }
        let now = Instant::now();
        lock(shared).retain(|pending| {
            let late = now.duration_since(pending.since) > LONGEST;
            if late {
                allow(&shared.fanotify, &pending.event);
            }
            !late
        });
    }
}

/// The opening as the recorder gets it, if it has to wait. A file is not asked about again.
fn examine(shared: &Shared, number: u64, event: &FanotifyEvent) -> Option<Held> {
    let fd = event.fd()?;
    let file = File::from(fd.try_clone_to_owned().ok()?);
    let path = of_interest(&file).then(|| files::path_of(&file)).flatten();
    // Also for one that waits: next time it has its probes. Writing to a file takes the mark away.
    let _ = shared.fanotify.mark(
        MarkFlags::FAN_MARK_ADD | MarkFlags::FAN_MARK_IGNORED_MASK | MarkFlags::FAN_MARK_EVICTABLE,
        MaskFlags::FAN_OPEN_PERM,
        fd.as_fd(),
        None::<&str>,
    );
    let path = path?;
    Some(Held { number, file, path })
}

/// A library that exports what a driver, a runtime or a backend exports.
fn of_interest(file: &File) -> bool {
    // Smaller than the headers of an ELF file.
    const SMALL: u64 = 120;
    let regular = file
        .metadata()
        .is_ok_and(|facts| facts.is_file() && facts.size() > SMALL);
    let image = || Image::of_file(file.try_clone().ok()?).ok();
    regular
        && image().is_some_and(|image| {
            exports_any(&image, &DRIVER_MARKS) || exports_any(&image, &BACKEND_MARKS)
        })
}

fn allow(fanotify: &Fanotify, event: &FanotifyEvent) {
    if let Some(fd) = event.fd() {
        let _ = fanotify.write_response(FanotifyResponse::new(fd, Response::FAN_ALLOW));
    }
}
