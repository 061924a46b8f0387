//! Lines joined from single writes, per process and descriptor.
//!
//! In: output events. Out: whole lines, and what a process has written of a line it has not ended. A gap (a write that
//! was cut, withheld or lost) ends the line that was open, so two halves of different lines are never one.

use std::collections::BTreeMap;

use crate::event::Seen;
use crate::event::output::Output;

/// Longest line that is kept; the rest of a longer one is dropped.
const LONGEST: usize = 64 << 10;

/// A process's number and a descriptor.
pub(super) type Stream = (u32, u32);

/// Open lines.
#[derive(Clone, Debug, Default)]
pub(super) struct Lines(BTreeMap<Stream, Open>);

#[derive(Clone, Debug, Default)]
struct Open {
    bytes: Vec<u8>,
    since: u64,
    shown: bool,
}

impl Lines {
    /// Takes one write and calls `line` for every line it ends.
    pub(super) fn write(
        &mut self,
        stream: Stream,
        output: &Output,
        time: u64,
        mut line: impl FnMut(&[u8]),
    ) {
        if output.err.is_some() {
            return;
        }
        let open = self.0.entry(stream).or_default();
        let Some(text) = output.text.value() else {
            open.bytes.clear();
            return;
        };
        for piece in text.to_bytes().split_inclusive(|byte| *byte == b'\n') {
            let (piece, ended) = match piece.strip_suffix(b"\n") {
                Some(piece) => (piece, true),
                None => (piece, false),
            };
            let room = LONGEST.saturating_sub(open.bytes.len()).min(piece.len());
            open.bytes.extend(piece.iter().take(room));
            if ended {
                line(open.bytes.strip_suffix(b"\r").unwrap_or(&open.bytes));
                open.bytes.clear();
            }
        }
        if !matches!(output.text, Seen::Yes(_)) {
            open.bytes.clear();
        }
        open.since = time;
        open.shown = false;
    }

    /// Shows the open lines of a process that has ended.
    pub(super) fn close(&mut self, process: u32, mut line: impl FnMut(&[u8])) {
        self.0.retain(|stream, open| {
            let keep = stream.0 != process;
            if !keep && !open.bytes.is_empty() {
                line(&open.bytes);
            }
            keep
        });
    }

    /// Shows, once, every open line to which nothing was added since `before`.
    pub(super) fn rest(&mut self, before: u64, mut line: impl FnMut(&[u8])) {
        for open in self.0.values_mut().filter(|open| open.waits()) {
            if open.since <= before {
                open.shown = true;
                line(&open.bytes);
            }
        }
    }

    /// When the oldest open line that was not shown yet was last added to.
    pub(super) fn oldest(&self) -> Option<u64> {
        let waiting = self.0.values().filter(|open| open.waits());
        waiting.map(|open| open.since).min()
    }
}

impl Open {
    fn waits(&self) -> bool {
        !self.shown && !self.bytes.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::Lines;
    use crate::event::output::Output;
    use crate::event::{Errno, Seen, Text, Why};

    fn output(text: Seen<Text>) -> Output {
        Output {
            fd: 2,
            text,
            length: 0,
            err: None,
        }
    }

    fn whole(bytes: &[u8]) -> Output {
        output(Seen::Yes(Text::from_bytes(bytes)))
    }

    fn feed(writes: &[Output]) -> Vec<String> {
        let mut lines = Lines::default();
        let mut found = Vec::new();
        let mut keep = |line: &[u8]| found.push(String::from_utf8_lossy(line).into_owned());
        for write in writes {
            lines.write((1, 2), write, 0, &mut keep);
        }
        lines.close(1, &mut keep);
        found
    }

    #[test]
    fn a_gap_ends_the_open_line() {
        let failed = Output {
            err: Some(Errno(32)),
            ..whole(b"lost\n")
        };
        assert_eq!(
            feed(&[
                whole(b"in"),
                failed,
                whole(b"ference\r\nopen"),
                output(Seen::No(Why::Withheld)),
                whole(b"next\n"),
                output(Seen::Cut(Text::from("whole\ncut"), 99)),
                whole(b"last"),
            ]),
            ["inference", "next", "whole", "last"]
        );
    }

    #[test]
    fn a_line_without_an_end_is_shown_once_when_nothing_follows() {
        let mut lines = Lines::default();
        let mut found = Vec::new();
        lines.write((1, 1), &whole(b">>> "), 10, |_| ());
        assert_eq!(lines.oldest(), Some(10));
        for before in [9, 10, 11] {
            lines.rest(before, |line| found.push((before, line.to_vec())));
        }
        assert_eq!(found, [(10, b">>> ".to_vec())]);
        assert_eq!(lines.oldest(), None);
    }

    proptest! {
        #[test]
        fn lines_do_not_depend_on_how_they_were_written(
            text in "[a-z\n\u{e9}]{0,40}", cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..6),
        ) {
            let bytes = text.as_bytes();
            let mut cuts: Vec<_> = cuts.iter().map(|cut| cut.index(bytes.len() + 1)).collect();
            cuts.extend([0, bytes.len()]);
            cuts.sort_unstable();
            let writes: Vec<_> = cuts.windows(2).map(|pair| whole(&bytes[pair[0]..pair[1]])).collect();
            prop_assert_eq!(feed(&writes), text.lines().map(str::to_owned).collect::<Vec<_>>());
        }
    }
}
