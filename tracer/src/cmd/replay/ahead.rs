//! Decodes the frames that come next, on threads of their own: the first pass over a long trace asks for one after another.
//! Memory: two pages for each thread.

use std::path::Path;
use std::sync::mpsc::{Receiver, sync_channel};

use super::recorded::page;
use crate::trace::Reader;
use crate::tui::Page;

/// Threads at most.
const MOST: usize = 4;
/// Pages that wait for each thread's reader.
const WAITING: usize = 1;
/// Frames that may be passed over: those that were decoded for the screen already.
const NEAR: usize = 8;

/// Pages that come in order.
pub(super) struct Ahead {
    next: usize,
    /// The thread of a frame is its number modulo their count.
    threads: Vec<Receiver<Result<Page, String>>>,
}

impl Ahead {
    /// Begins with the first frame. `None` where nothing would be won.
    pub(super) fn new(path: &Path, frames: usize) -> Option<Self> {
        let processors = std::thread::available_parallelism().map_or(1, usize::from);
        let count = processors.saturating_sub(1).clamp(1, MOST);
        if frames < 2 * NEAR {
            return None;
        }
        let mut threads = Vec::new();
        for first in 0..count {
            let mut reader = Reader::open(path).ok()?;
            let (send, receive) = sync_channel(WAITING);
            std::thread::spawn(move || {
                for frame in (first..frames).step_by(count) {
                    // Whoever closes the viewer asks for no more.
                    if send.send(page(&mut reader, frame)).is_err() {
                        return;
                    }
                }
            });
            threads.push(receive);
        }
        Some(Self { next: 0, threads })
    }

    /// A frame, if it is among those that come next.
    pub(super) fn take(&mut self, frame: usize) -> Option<Result<Page, String>> {
        if frame < self.next || frame - self.next > NEAR {
            return None;
        }
        loop {
            let at = self.next;
            let thread = self.threads.get(at % self.threads.len().max(1))?;
            let page = thread.recv().ok()?;
            self.next += 1;
            if at == frame {
                return Some(page);
            }
        }
    }
}
