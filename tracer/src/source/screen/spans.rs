//! The places of secrets in a byte string, and the copy without them.

use std::ops::Range;

/// What stands in the place of a secret. It does not tell the length.
pub const MARK: &str = "<withheld>";

/// Places to withhold, in any order, overlapping or not.
#[derive(Debug, Default)]
pub(super) struct Spans(Vec<Range<usize>>);

impl Spans {
    /// Adds a place; an empty one is none.
    pub(super) fn add(&mut self, span: Range<usize>) {
        if !span.is_empty() {
            self.0.push(span);
        }
    }

    /// True when nothing was found.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// `bytes` from `from` on, each place replaced by [`MARK`]; places that touch become one.
    pub(super) fn cut(mut self, bytes: &[u8], from: usize) -> Vec<u8> {
        self.0.sort_unstable_by_key(|span| (span.start, span.end));
        let mut out = Vec::with_capacity(bytes.len().saturating_sub(from) + MARK.len());
        let mut done = from;
        let mut marked_to = None;
        for span in self.0 {
            if span.end <= done {
                continue;
            }
            let start = span.start.max(done);
            out.extend_from_slice(bytes.get(done..start).unwrap_or_default());
            if marked_to != Some(start) {
                out.extend_from_slice(MARK.as_bytes());
            }
            done = span.end;
            marked_to = Some(done);
        }
        out.extend_from_slice(bytes.get(done..).unwrap_or_default());
        out
    }
}

/// The byte at `index`, 0 outside: the finders look around freely.
pub(super) fn at(bytes: &[u8], index: usize) -> u8 {
    bytes.get(index).copied().unwrap_or(0)
}

/// `bytes[from..to]` as far as there are bytes.
pub(super) fn part(bytes: &[u8], from: usize, to: usize) -> &[u8] {
    bytes.get(from..to.min(bytes.len())).unwrap_or_default()
}

/// The first index from `from` on where `stop` holds, or the length.
pub(super) fn until(bytes: &[u8], from: usize, stop: impl Fn(u8) -> bool) -> usize {
    let rest = bytes.get(from..).unwrap_or_default();
    let found = rest.iter().position(|byte| stop(*byte));
    found.map_or(bytes.len(), |offset| from + offset)
}

#[cfg(test)]
mod tests {
    use super::Spans;

    #[test]
    fn places_that_touch_or_overlap_become_one_mark() {
        let mut spans = Spans::default();
        for span in [4..6, 1..3, 2..4, 8..9, 5..5] {
            spans.add(span);
        }
        assert_eq!(spans.cut(b"0123456789", 0), b"0<withheld>67<withheld>9");
        let mut spans = Spans::default();
        spans.add(1..5);
        assert_eq!(spans.cut(b"0123456789", 3), b"<withheld>56789");
    }
}
