//! Bytes of a program's memory on their way out, piece by piece as the kernel side sends them.

use vgputrace_ebpf::wire::Data;
use vgputrace_ebpf::wire::head::{PIECE, What};

use super::engine::Engine;
use super::memory;
use crate::source::record::Body;

/// A byte string for one destination.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stream {
    /// What it is.
    pub(super) what: What,
    /// The descriptor it is about; -1 for none.
    pub(super) fd: i32,
    /// Start of the call it belongs to.
    pub(super) start: u64,
    /// Length of the whole, or an error in its place.
    pub(super) total: u64,
    /// Bytes that are told at most.
    pub(super) limit: u64,
}

const EFAULT: i32 = -14;

impl Engine {
    /// Tells ranges of memory, one behind the other.
    pub(super) fn tell_stream(&mut self, tid: u32, stream: Stream, ranges: &[(u64, u64)]) {
        let mut done = 0;
        for (address, length) in ranges {
            let mut inside = 0;
            while inside < *length && done + inside < stream.limit {
                let room = (stream.limit - done - inside).min(PIECE as u64);
                let wanted = (length - inside).min(room);
                let place = address.wrapping_add(inside);
                let bytes = memory::bytes(tid, place, wanted as usize);
                self.tell_piece(tid, stream, done + inside, (place, wanted), bytes);
                inside += wanted;
            }
            done += length;
        }
    }

    /// Tells a stream without bytes: its total is zero or an error.
    pub(super) fn tell_nothing(&mut self, tid: u32, stream: Stream) {
        self.tell_piece(tid, stream, 0, (0, 0), Some(Vec::new()));
    }

    fn tell_piece(
        &mut self,
        tid: u32,
        stream: Stream,
        offset: u64,
        (address, wanted): (u64, u64),
        bytes: Option<Vec<u8>>,
    ) {
        let length = bytes.as_ref().map_or(EFAULT, |_| wanted as i32);
        let data = Data {
            what: stream.what as u32,
            fd: stream.fd,
            offset: offset as u32,
            length,
            total: stream.total,
            start: stream.start,
            address,
            wanted: wanted as u32,
            zero: 0,
        };
        let tgid = self.process_of(tid);
        self.tell(tgid, tid, Body::Data(stream.what, data, bytes));
    }
}
