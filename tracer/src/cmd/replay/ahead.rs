//! Decodes the frames that come next, on threads of their own: the first pass over a long trace asks for one after another.
//! Memory: two pages for each thread. As many threads as processors: decoding costs as much as what is made of it, and the
//! scheduler gives each side what it needs.

use std::ops::Range;
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
    end: usize,
    /// Number of the first frame: the thread of a frame is its distance from there modulo their count.
    first: usize,
    threads: Vec<Receiver<Result<Page, String>>>,
}

impl Ahead {
    /// Begins with the first of these frames. `None` where nothing would be won.
    pub(super) fn new(path: &Path, frames: Range<usize>) -> Option<Self> {
        let processors = std::thread::available_parallelism().map_or(1, usize::from);
        let count = processors.clamp(1, MOST);
        if frames.len() < 2 * NEAR {
            return None;
        }
        let mut threads = Vec::new();
        for thread in 0..count {
            let mine = frames.clone().skip(thread).step_by(count);
            let mut reader = Reader::open(path).ok()?;
            let (send, receive) = sync_channel(WAITING);
            std::thread::spawn(move || {
                for frame in mine {
                    // Whoever closes the viewer asks for no more.
                    if send.send(page(&mut reader, frame)).is_err() {
                        return;
                    }
                }
            });
            threads.push(receive);
        }
        Some(Self {
            next: frames.start,
            end: frames.end,
            first: frames.start,
            threads,
        })
    }

    /// All frames were taken or passed over.
    pub(super) const fn is_over(&self) -> bool {
        self.next >= self.end
    }

    /// A frame, if it is among those that come next.
    pub(super) fn take(&mut self, frame: usize) -> Option<Result<Page, String>> {
        if frame < self.next || frame - self.next > NEAR {
            return None;
        }
        loop {
            let at = self.next;
            let thread = (at - self.first) % self.threads.len().max(1);
            let thread = self.threads.get(thread)?;
            let page = thread.recv().ok()?;
            self.next += 1;
            if at == frame {
                return Some(page);
            }
        }
    }
}
