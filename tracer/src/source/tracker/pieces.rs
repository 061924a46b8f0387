//! Bytes of one call that come in several records: put together for each thread, and handed on when they are whole.

use vgputrace_ebpf::wire::head::{ANSWER_BYTES, Data, OUTPUT_PIECES, PIECE, What};

use super::Tracker;
use crate::event::{Errno, Seen, Text};

/// Bytes of one call that come in pieces, of one thread.
pub(super) struct Pieces {
    pub(super) what: What,
    pub(super) fd: i32,
    pub(super) start: u64,
    pub(super) time: u64,
    pub(super) total: u64,
    pub(super) bytes: Vec<u8>,
    /// A piece is missing or could not be read.
    pub(super) torn: bool,
    pub(super) path: Option<(Seen<Text>, Option<Text>)>,
}

impl Pieces {
    /// Nothing more will come: all is there, the kernel side sends no more of a call, or a piece is missing.
    fn is_over(&self) -> bool {
        let most = match self.what {
            What::Request | What::Answer => ANSWER_BYTES as usize,
            _ => OUTPUT_PIECES as usize * PIECE,
        };
        let failed = Errno::from_result(self.total.cast_signed()).is_some();
        self.torn || failed || self.bytes.len() as u64 >= self.total.min(most as u64)
    }
}

impl Tracker {
    /// A piece of a listing, output, request or answer.
    pub(super) fn bytes(
        &mut self,
        tgid: u32,
        tid: u32,
        time: u64,
        what: What,
        data: Data,
        bytes: Option<Vec<u8>>,
    ) {
        if matches!(what, What::Argv | What::Environment) {
            return self.exec_data(tgid, what, &data, bytes);
        }
        let same = |pieces: &Pieces| {
            pieces.what == what && pieces.fd == data.fd && pieces.start == data.start
        };
        if !self.thread(tgid, tid).pieces.as_ref().is_some_and(same) {
            self.finish_pieces(tgid, tid);
            let path = match self.pending_path(tgid, tid, data.start) {
                (Some(path), inode) => Some((path, inode)),
                _ => None,
            };
            self.thread(tgid, tid).pieces = Some(Pieces {
                what,
                fd: data.fd,
                start: data.start,
                time,
                total: data.total,
                bytes: Vec::new(),
                torn: false,
                path,
            });
        }
        let unread = if bytes.is_none() {
            self.constant(tgid, &data)
        } else {
            None
        };
        let Some(pieces) = &mut self.thread(tgid, tid).pieces else {
            return;
        };
        pieces.time = time;
        let wanted = data.offset as usize == pieces.bytes.len();
        match bytes.or(unread) {
            Some(bytes) if wanted => pieces.bytes.extend(bytes),
            _ => pieces.torn = true,
        }
        if pieces.is_over() {
            self.finish_pieces(tgid, tid);
        }
    }

    /// Tells what has been gathered, complete or not.
    pub(super) fn finish_pieces(&mut self, tgid: u32, tid: u32) {
        let known = self
            .processes
            .get_mut(&tgid)
            .and_then(|process| process.threads.get_mut(&tid));
        let Some(pieces) = known.and_then(|thread| thread.pieces.take()) else {
            return;
        };
        match pieces.what {
            What::Listing => self.listed(tgid, tid, pieces),
            What::Output => self.written(tgid, tid, pieces),
            What::Request | What::Answer => self.answered(tgid, tid, pieces),
            What::Argv | What::Environment => {}
        }
    }
}
