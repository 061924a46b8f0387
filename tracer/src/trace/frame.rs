//! The first line of a frame: number and time from which its events count on, so that it decodes by itself.

use serde::Deserialize;
use serde_json::value::RawValue;

use super::decimal::{self, Signed};
use super::line::Chain;

/// How every frame begins. Also found by this in text that is not compressed.
pub(super) const MARK: &[u8] = b"{\"frame\":";

/// `{"frame":{"n":57,"t":1234567.891,"hot":true}}`
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct FrameLine {
    /// Number of the first event.
    pub(super) first: u64,
    /// Its time, in nanoseconds of CLOCK_BOOTTIME; the first event has a difference of 0 to it.
    pub(super) time: u64,
    /// A frame of hot calls: its events belong between those of the frame before.
    pub(super) hot: bool,
}

impl FrameLine {
    /// What the first event counts on from.
    pub(super) fn chain(self) -> Chain {
        Chain {
            seq: self.first.saturating_sub(1),
            time: self.time,
        }
    }

    /// Appends the line, with its newline.
    pub(super) fn push(self, out: &mut Vec<u8>) {
        out.extend_from_slice(MARK);
        out.extend_from_slice(b"{\"n\":");
        decimal::push_integer(out, self.first);
        out.extend_from_slice(b",\"t\":");
        decimal::push(out, Signed::between(0, self.time));
        if self.hot {
            out.extend_from_slice(b",\"hot\":true");
        }
        out.extend_from_slice(b"}}\n");
    }

    /// Reads a line; `None` when it is no frame line.
    pub(super) fn parse(line: &str) -> Option<Self> {
        #[derive(Deserialize)]
        struct Outer<'a> {
            #[serde(borrow)]
            frame: Inner<'a>,
        }
        #[derive(Deserialize)]
        struct Inner<'a> {
            n: u64,
            #[serde(borrow)]
            t: &'a RawValue,
            #[serde(default)]
            hot: bool,
        }
        let outer: Outer<'_> = serde_json::from_str(line).ok()?;
        let time = decimal::parse(outer.frame.t.get())?;
        Some(Self {
            first: outer.frame.n,
            time: time.after(0)?,
            hot: outer.frame.hot,
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::FrameLine;

    proptest! {
        #[test]
        fn a_frame_line_reads_back(first: u64, time: u64, hot: bool) {
            let line = FrameLine { first, time, hot };
            let mut out = Vec::new();
            line.push(&mut out);
            prop_assert_eq!(FrameLine::parse(std::str::from_utf8(&out).unwrap()), Some(line));
        }

        #[test]
        fn no_text_panics(text: String) {
            prop_assert_eq!(FrameLine::parse(&text), None);
        }
    }

    #[test]
    fn fields_of_a_newer_release_are_passed_over() {
        let line = FrameLine::parse(r#"{"frame":{"t":1.5,"n":3,"lane":"gpu"},"x":[]}"#).unwrap();
        assert_eq!((line.first, line.time, line.hot), (3, 1500, false));
        assert_eq!(FrameLine::parse(r#"{"frame":{"t":-1,"n":3}}"#), None);
    }
}
