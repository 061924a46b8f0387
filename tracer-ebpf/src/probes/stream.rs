//! Bytes of a program's memory on their way out, piece by piece.

use vgputrace_ebpf::wire::head::{Data, FLAG_CUT, PIECE, What};
use vgputrace_ebpf::wire::{Head, Kind};

use crate::emit::{self, DONE, Lease, MORE};
use crate::scope::Task;

const BYTES_AT: usize = size_of::<Head>() + size_of::<Data>();

/// A byte string for one destination. The caller holds the scratch buffer.
#[repr(C)]
pub(crate) struct Stream {
    /// Length of the whole.
    pub(crate) total: u64,
    /// Start of the call it belongs to.
    pub(crate) start: u64,
    /// Where the current range begins in the program's memory.
    address: u64,
    /// Bytes of the current range.
    length: u64,
    /// Bytes sent or passed over before the current range.
    done: u64,
    /// Bytes of the whole that may be sent.
    pub(crate) limit: u32,
    what: u32,
    fd: i32,
    scratch: u32,
}

impl Stream {
    /// A stream with nothing in it.
    #[inline(always)]
    pub(crate) fn new(scratch: u32, what: What, fd: i32, start: u64) -> Self {
        Self {
            total: 0,
            start,
            address: 0,
            length: 0,
            done: 0,
            limit: 0,
            what: what as u32,
            fd,
            scratch,
        }
    }

    /// Sends a range in at most `pieces` pieces; the next one follows behind it.
    #[inline(always)]
    pub(crate) fn send(&mut self, pieces: u32, address: u64, length: u64) {
        self.address = address;
        self.length = length;
        emit::repeat(pieces, piece, self);
        self.done += length;
    }

    /// Bytes of the whole that are still to come.
    #[inline(always)]
    pub(crate) fn left(&self) -> u64 {
        self.total.saturating_sub(self.done)
    }

    /// Sends a head without bytes, for a total of zero or an error in its place.
    #[inline(always)]
    pub(crate) fn send_empty(&self) {
        let Some(lease) = Lease::held(self.scratch) else {
            return;
        };
        self.send_piece(&lease, 0, 0, 0, (0, 0));
    }

    #[inline(always)]
    fn send_piece(
        &self,
        lease: &Lease,
        offset: u64,
        length: i32,
        flags: u16,
        (address, wanted): (u64, u32),
    ) {
        let mut head = Task::current().head(Kind::Data);
        head.flags = flags;
        lease.put(0, head);
        lease.put(
            size_of::<Head>(),
            Data {
                what: self.what,
                fd: self.fd,
                offset: offset as u32,
                length,
                total: self.total,
                start: self.start,
                address,
                wanted,
                zero: 0,
            },
        );
        let length = if length > 0 {
            length as usize & (PIECE * 2 - 1)
        } else {
            0
        };
        lease.send(BYTES_AT + length);
    }
}

/// One piece of the current range.
extern "C" fn piece(turn: u64, stream: *mut Stream) -> i64 {
    // SAFETY: the loop hands back the pointer to its caller's stack.
    let stream = unsafe { &mut *stream };
    let inside = turn * PIECE as u64;
    let offset = stream.done + inside;
    let limit = u64::from(stream.limit);
    if inside >= stream.length || offset >= limit {
        return DONE;
    }
    let left = stream.length - inside;
    let mut room = limit - offset;
    if room > PIECE as u64 {
        room = PIECE as u64;
    }
    let mut length = if left < room { left } else { room } as u32;
    if length > PIECE as u32 {
        length = PIECE as u32;
    }
    let Some(lease) = Lease::held(stream.scratch) else {
        return DONE;
    };
    let code = lease.user_bytes(BYTES_AT, length, stream.address + inside);
    let flags = if left > u64::from(length) {
        FLAG_CUT
    } else {
        0
    };
    let shown = if code < 0 { code } else { length as i32 };
    stream.send_piece(
        &lease,
        offset,
        shown,
        flags,
        (stream.address + inside, length),
    );
    MORE
}
