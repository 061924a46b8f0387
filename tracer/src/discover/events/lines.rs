//! Output joined into lines, across calls and threads, for each descriptor of each process.

use std::collections::BTreeMap;

use crate::event::output::Output;
use crate::event::{Event, Seq, Text};

/// A line that never ends is cut here, in bytes of its written form.
const LONGEST: usize = 64 * 1024;
/// Descriptors that are listened to. Output is of 1 and 2; a trace may claim any number.
const MAX_OPEN: usize = 16;

/// A whole line.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Whole {
    /// Without its end.
    pub(super) text: Text,
    /// The first write of it.
    pub(super) seq: Seq,
    /// When that was.
    pub(super) time: u64,
}

/// Lines under construction of one process.
#[derive(Clone, Debug, Default)]
pub(super) struct Lines {
    open: BTreeMap<u32, (String, Seq, u64)>,
}

impl Lines {
    /// Takes what was written and returns the lines that are whole now.
    pub(super) fn push(&mut self, event: &Event, output: &Output) -> Vec<Whole> {
        let Some(text) = output.text.value() else {
            return Vec::new();
        };
        let mut whole = Vec::new();
        let mut rest = text.as_str();
        while let Some((line, after)) = rest.split_once('\n') {
            rest = after;
            let (mut begun, seq, time) = self
                .open
                .remove(&output.fd)
                .unwrap_or_else(|| (String::new(), event.seq, event.start()));
            if begun.len() < LONGEST {
                begun.push_str(line);
            }
            whole.push(finish(begun, seq, time));
        }
        let room = self.open.len() < MAX_OPEN || self.open.contains_key(&output.fd);
        if !rest.is_empty() && room {
            let open = self
                .open
                .entry(output.fd)
                .or_insert_with(|| (String::new(), event.seq, event.start()));
            if open.0.len() < LONGEST {
                open.0.push_str(rest);
            }
        }
        whole
    }

    /// The lines that never ended.
    pub(super) fn rest(&self) -> Vec<Whole> {
        self.open
            .values()
            .map(|(text, seq, time)| finish(text.clone(), *seq, *time))
            .collect()
    }
}

fn finish(mut text: String, seq: Seq, time: u64) -> Whole {
    if text.ends_with('\r') {
        text.pop();
    }
    Whole {
        text: Text::from(text),
        seq,
        time,
    }
}
