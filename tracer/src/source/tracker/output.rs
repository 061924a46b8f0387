//! Output of the traced programs, and the words of discovery endpoints.

use vgputrace_ebpf::wire::head::What;

use super::Tracker;
use super::pieces::Pieces;
use crate::event::net::Http;
use crate::event::output::Output;
use crate::event::{Errno, Kind, Seen, Text, Why};
use crate::source::{model_output, screen};

impl Tracker {
    /// fd 1 or 2 was written to.
    pub(super) fn written(&mut self, tgid: u32, tid: u32, pieces: Pieces) {
        let err = Errno::from_result(pieces.total.cast_signed());
        let length = if err.is_some() { 0 } else { pieces.total };
        let model = self.known(tgid).model;
        let text = if err.is_some() {
            Seen::No(Why::Gone)
        } else if pieces.torn && pieces.bytes.is_empty() {
            Seen::No(Why::Fault)
        } else if model {
            kept_of_model(&pieces.bytes, length)
        } else {
            let screen = self.known(tgid).outputs.entry(pieces.fd).or_default();
            let text = screen.text(&pieces.bytes);
            seen(&pieces, length, text)
        };
        let output = Output {
            fd: pieces.fd.cast_unsigned(),
            text,
            length,
            err,
        };
        let duration = pieces.time.saturating_sub(pieces.start);
        self.tell(tgid, tid, pieces.time, Some(duration), Kind::Output(output));
    }

    /// A request of a discovery endpoint was read, or its answer written.
    pub(super) fn answered(&mut self, tgid: u32, tid: u32, pieces: Pieces) {
        if pieces.what == What::Request {
            let line = pieces
                .bytes
                .split(|byte| matches!(byte, b'\r' | b'\n'))
                .next();
            // `GET /info HTTP/1.1`: method and path, without a query.
            let words: Vec<&[u8]> = line
                .unwrap_or_default()
                .split(|byte| *byte == b' ')
                .collect();
            let path = words.get(1).copied().unwrap_or_default();
            let path = path.split(|byte| *byte == b'?').next().unwrap_or_default();
            let request = Text::from(format!("GET {}", screen::text(path)));
            self.known(tgid).requests.insert(pieces.fd, request.clone());
            let http = Http {
                request,
                answer: None,
                fd: pieces.fd,
            };
            self.tell(tgid, tid, pieces.time, None, Kind::Http(http));
            return;
        }
        let request = self
            .known(tgid)
            .requests
            .get(&pieces.fd)
            .cloned()
            .unwrap_or_default();
        let answer = Some(seen(&pieces, pieces.total, screen::text(&pieces.bytes)));
        let http = Http {
            request,
            answer,
            fd: pieces.fd,
        };
        self.tell(tgid, tid, pieces.time, None, Kind::Http(http));
    }
}

fn seen(pieces: &Pieces, length: u64, text: Text) -> Seen<Text> {
    if pieces.torn || (pieces.bytes.len() as u64) < length {
        Seen::Cut(text, length)
    } else {
        Seen::Yes(text)
    }
}

/// Of a model's process only lines about loading, backends and errors are kept.
fn kept_of_model(bytes: &[u8], length: u64) -> Seen<Text> {
    let kept: Vec<&[u8]> = bytes
        .split_inclusive(|byte| *byte == b'\n')
        .filter(|line| model_output::keep(line))
        .collect();
    if kept.is_empty() {
        return Seen::No(Why::Withheld);
    }
    let kept = kept.concat();
    let text = screen::text(&kept);
    if kept.len() as u64 == length {
        Seen::Yes(text)
    } else {
        Seen::Cut(text, length)
    }
}
