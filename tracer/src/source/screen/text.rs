//! Running text: output lines, log and loader text, bodies of the discovery endpoints.
//!
//! [`text`] judges one piece by itself. [`Stream`] judges the pieces a process writes to one file, since a line, and
//! with it a secret, may come in several writes.

use super::spans::{Spans, until};
use super::{glance, label, netrc, shape, url};
use crate::event::Text;

/// How much of an unfinished line is remembered, in bytes.
const LONGEST_TAIL: usize = 1024;

/// One piece of text without its secrets.
#[must_use]
pub fn text(bytes: &[u8]) -> Text {
    if !glance::is_suspicious(bytes) {
        return Text::from_bytes(bytes);
    }
    let mut spans = Spans::default();
    shape::find_blocks(bytes, 0, 0, &mut spans);
    find(bytes, false, &mut spans);
    written(bytes, 0, spans)
}

/// The output of one process to one file, piece after piece.
///
/// The unfinished last line is remembered (1 KiB at most), so a value whose name came in the piece before is still
/// withheld, and so is what may become a secret with the next piece. A private key block is followed over pieces.
/// What was handed out before a secret could be known as one stays: the first bytes of a token, no more.
#[derive(Clone, Debug, Default)]
pub struct Stream {
    tail: Vec<u8>,
    block: usize,
}

impl Stream {
    /// The next piece without its secrets.
    pub fn text(&mut self, piece: &[u8]) -> Text {
        let open = !piece.ends_with(b"\n");
        if self.tail.is_empty() && self.block == 0 && !open && !glance::is_suspicious(piece) {
            return Text::from_bytes(piece);
        }
        let mut line = std::mem::take(&mut self.tail);
        let from = line.len();
        line.extend_from_slice(piece);
        let mut spans = Spans::default();
        self.block = shape::find_blocks(&line, from, self.block, &mut spans);
        // What may become user info with the next piece has no `@` yet.
        let address = |part: &[u8]| part == b"://" || part.eq_ignore_ascii_case(b"xy:");
        let growing = open && line.windows(3).any(address);
        if growing || glance::is_suspicious(&line) {
            find(&line, open, &mut spans);
        }
        let text = written(&line, from, spans);
        self.remember(line);
        text
    }

    /// Something was lost between the last piece and the next.
    pub fn gap(&mut self) {
        self.tail.clear();
    }

    fn remember(&mut self, mut line: Vec<u8>) {
        let finished = line.iter().rposition(|byte| *byte == b'\n');
        let finished = finished.map_or(0, |newline| newline + 1);
        let begin = finished.max(line.len().saturating_sub(LONGEST_TAIL));
        line.drain(..begin);
        self.tail = line;
    }
}

fn find(bytes: &[u8], open: bool, spans: &mut Spans) {
    url::find(bytes, open, spans);
    url::find_bare(bytes, open, spans);
    label::find(bytes, spans);
    label::find_options(bytes, spans);
    netrc::find(bytes, spans);
    shape::find_schemes(bytes, spans);
    shape::find_tokens(bytes, open, spans);
}

fn written(bytes: &[u8], from: usize, spans: Spans) -> Text {
    if spans.is_empty() {
        return Text::from_bytes(bytes.get(from..).unwrap_or_default());
    }
    Text::from_bytes(&spans.cut(bytes, from))
}

/// Only the user info of URLs is withheld, nothing else is touched: for search paths, which must stay exact.
pub(super) fn path(bytes: &[u8]) -> Text {
    if until(bytes, 0, |byte| byte == b'@') == bytes.len() {
        return Text::from_bytes(bytes);
    }
    let mut spans = Spans::default();
    url::find(bytes, false, &mut spans);
    written(bytes, 0, spans)
}

/// True when no finder finds anything: what the glance promises.
#[cfg(test)]
pub(super) fn is_clean(bytes: &[u8]) -> bool {
    let mut spans = Spans::default();
    shape::find_blocks(bytes, 0, 0, &mut spans);
    find(bytes, false, &mut spans);
    spans.is_empty()
}
