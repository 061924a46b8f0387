//! Which streams are being captured, into which graph, and what each knows of the others.
//!
//! A capture begins in one stream and spreads by events: a stream that waits for an event of a captured stream is captured too. It must
//! come back the same way before the end; so each stream carries how much of every stream's work it waits for.

#[cfg(test)]
mod tests;

use std::cell::Cell;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};

use vgputrace_device::Code;

use crate::abi::Handle;

/// Not in this stream, or not now.
pub(crate) const UNSUPPORTED: Code = Code(900);
/// A call during the capture was not allowed, so there is no graph.
pub(crate) const INVALIDATED: Code = Code(901);
const MERGE: Code = Code(902);
const UNMATCHED: Code = Code(903);
const UNJOINED: Code = Code(904);
const ISOLATION: Code = Code(905);
const IMPLICIT: Code = Code(906);
/// The event belongs to a capture: there is nothing to wait for.
const CAPTURED_EVENT: Code = Code(907);
const ILLEGAL_STATE: Code = Code(401);

thread_local! {
    static THREAD: Cell<u64> = const { Cell::new(0) };
}

/// A stream; each thread's own one is another one in each thread.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Key(u64);

impl Key {
    /// Of a handle, in this thread.
    pub(crate) fn of(stream: Handle) -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        if stream.0 != 2 {
            return Self(stream.0);
        }
        if THREAD.get() == 0 {
            THREAD.set(NEXT.fetch_add(1, Ordering::Relaxed));
        }
        Self(1 << 63 | THREAD.get())
    }

    /// The default stream that all threads share.
    const fn is_shared(self) -> bool {
        self.0 < 2
    }
}

/// How much of each stream's work.
type Known = BTreeMap<Key, u64>;

/// One capture.
#[derive(Debug)]
struct Capture {
    graph: Handle,
    origin: Key,
    is_broken: bool,
    /// Each stream's work so far.
    done: Known,
    /// What each stream waits for, its own work included.
    known: BTreeMap<Key, Known>,
    /// The newest node; programs may get its address.
    last: Box<Handle>,
}

/// An event of a captured stream.
#[derive(Debug)]
struct Mark {
    capture: u64,
    known: Known,
}

/// What a program may know of a capture.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Info {
    /// 1 while it goes on, 2 when it is broken.
    pub(crate) status: i32,
    pub(crate) id: u64,
    pub(crate) graph: Handle,
    /// Where the newest node's handle is; 0 when there is none.
    pub(crate) last: u64,
}

/// All captures.
#[derive(Debug, Default)]
pub(crate) struct Captures {
    running: BTreeMap<u64, Capture>,
    members: BTreeMap<Key, u64>,
    marks: BTreeMap<Handle, Mark>,
    next: u64,
}

impl Captures {
    /// Begins one in a stream.
    ///
    /// # Errors
    /// 900 in the shared default stream, 401 in a stream that is captured already.
    pub(crate) fn begin(&mut self, stream: Key, graph: Handle) -> Result<(), Code> {
        if stream.is_shared() {
            return Err(UNSUPPORTED);
        }
        if self.members.contains_key(&stream) {
            return Err(ILLEGAL_STATE);
        }
        self.next += 1;
        let capture = Capture {
            graph,
            origin: stream,
            is_broken: false,
            done: Known::new(),
            known: BTreeMap::new(),
            last: Box::new(Handle::NONE),
        };
        self.running.insert(self.next, capture);
        self.members.insert(stream, self.next);
        Ok(())
    }

    fn of(&mut self, stream: Key) -> Option<(u64, &mut Capture)> {
        let id = *self.members.get(&stream)?;
        Some((id, self.running.get_mut(&id)?))
    }

    /// The graph that a stream's work belongs to; none when it is not captured.
    ///
    /// # Errors
    /// 901 when the capture is broken.
    pub(crate) fn graph(&mut self, stream: Key) -> Result<Option<Handle>, Code> {
        match self.of(stream) {
            None => Ok(None),
            Some((_, capture)) if capture.is_broken => Err(INVALIDATED),
            Some((_, capture)) => Ok(Some(capture.graph)),
        }
    }

    /// A stream's work became this node.
    pub(crate) fn worked(&mut self, stream: Key, node: Handle) {
        if let Some((_, capture)) = self.of(stream) {
            let done = capture.done.entry(stream).or_default();
            *done += 1;
            let known = capture.known.entry(stream).or_default();
            known.insert(stream, *done);
            *capture.last = node;
        }
    }

    /// A call that a captured stream does not allow breaks its capture.
    ///
    /// # Errors
    /// 900 when the stream is captured.
    pub(crate) fn must_not_capture(&mut self, stream: Key) -> Result<(), Code> {
        match self.of(stream) {
            None => Ok(()),
            Some((_, capture)) => {
                capture.is_broken = true;
                Err(UNSUPPORTED)
            }
        }
    }

    /// An event is recorded in a stream; true when that only marks a place in a capture.
    pub(crate) fn record(&mut self, event: Handle, stream: Key) -> bool {
        let Some((capture, found)) = self.of(stream) else {
            self.marks.remove(&event);
            return false;
        };
        let known = found.known.get(&stream).cloned().unwrap_or_default();
        self.marks.insert(event, Mark { capture, known });
        true
    }

    /// A stream waits for an event; `was_recorded` outside of captures.
    ///
    /// # Errors
    /// 902 between two captures, 905 for work that no capture holds, 906 in the shared default stream.
    pub(crate) fn wait(
        &mut self,
        event: Handle,
        stream: Key,
        was_recorded: bool,
    ) -> Result<(), Code> {
        let member = self.members.get(&stream).copied();
        let Some(mark) = self.marks.get(&event) else {
            return match member {
                Some(_) if was_recorded => Err(ISOLATION),
                _ => Ok(()),
            };
        };
        if stream.is_shared() {
            return Err(IMPLICIT);
        }
        if member.is_some_and(|member| member != mark.capture) {
            return Err(MERGE);
        }
        let capture = self.running.get_mut(&mark.capture).ok_or(INVALIDATED)?;
        self.members.insert(stream, mark.capture);
        let known = capture.known.entry(stream).or_default();
        for (other, count) in &mark.known {
            let mine = known.entry(*other).or_default();
            *mine = (*mine).max(*count);
        }
        Ok(())
    }

    /// Refuses an event of a capture, for a call that would wait for it.
    ///
    /// # Errors
    /// 907 when it is one.
    pub(crate) fn must_not_be_captured(&self, event: Handle) -> Result<(), Code> {
        match self.marks.contains_key(&event) {
            true => Err(CAPTURED_EVENT),
            false => Ok(()),
        }
    }

    /// What is known of a stream's capture; none when it is not captured.
    pub(crate) fn info(&mut self, stream: Key) -> Option<Info> {
        let (id, capture) = self.of(stream)?;
        let has_node = *capture.last != Handle::NONE;
        Some(Info {
            status: if capture.is_broken { 2 } else { 1 },
            id,
            graph: capture.graph,
            last: if has_node {
                std::ptr::from_ref(&*capture.last).expose_provenance() as u64
            } else {
                0
            },
        })
    }

    /// A stream is gone. The capture that began in it is over, and its graph is what comes back; another one is broken.
    pub(crate) fn forget(&mut self, stream: Key) -> Option<Handle> {
        let (id, capture) = self.of(stream)?;
        if capture.origin == stream {
            let graph = capture.graph;
            self.remove(id);
            return Some(graph);
        }
        capture.is_broken = true;
        self.members.remove(&stream);
        None
    }

    /// An event is gone.
    pub(crate) fn forget_event(&mut self, event: Handle) {
        self.marks.remove(&event);
    }

    fn remove(&mut self, id: u64) {
        self.running.remove(&id);
        self.members.retain(|_, member| *member != id);
        self.marks.retain(|_, mark| mark.capture != id);
    }

    /// Ends the capture that began in a stream: its graph, and whether that is whole.
    ///
    /// # Errors
    /// 401 in a stream that is not captured, 903 in another one than the first.
    pub(crate) fn end(&mut self, stream: Key) -> Result<(Handle, Result<(), Code>), Code> {
        let (id, capture) = self.of(stream).ok_or(ILLEGAL_STATE)?;
        if capture.origin != stream {
            capture.is_broken = true;
            return Err(UNMATCHED);
        }
        let known = capture.known.get(&stream);
        let knows = |(other, count): (&Key, &u64)| {
            other == &stream || known.and_then(|known| known.get(other)) == Some(count)
        };
        let whole = match (capture.is_broken, capture.done.iter().all(knows)) {
            (true, _) => Err(INVALIDATED),
            (false, false) => Err(UNJOINED),
            (false, true) => Ok(()),
        };
        let graph = capture.graph;
        self.remove(id);
        Ok((graph, whole))
    }
}
