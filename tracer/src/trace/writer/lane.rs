//! One frame in the making: its text, its place in the numbering, and what the index will say of it.

use super::super::compress::Placed;
use super::super::frame::FrameLine;
use super::super::index::FrameInfo;
use super::super::line::{self, Chain};
use super::super::{Error, limits};
use super::Lane;
use crate::event::Event;

/// The lines of a frame.
pub(super) struct Section {
    /// Lines not yet handed over.
    pub(super) text: Vec<u8>,
    chain: Chain,
    bytes: usize,
    info: FrameInfo,
}

impl Section {
    /// Begins with the frame line that `event` counts on from.
    pub(super) fn begin(event: &Event, lane: Lane) -> Self {
        let frame = FrameLine {
            first: event.seq.0,
            time: event.time,
            hot: lane == Lane::Hot,
        };
        let mut text = Vec::new();
        frame.push(&mut text);
        Self {
            chain: frame.chain(),
            bytes: text.len(),
            text,
            info: FrameInfo {
                hot: frame.hot,
                ..FrameInfo::default()
            },
        }
    }

    /// Appends an event. One too long for any reader is replaced by a loss event.
    pub(super) fn push(&mut self, event: &Event) -> Result<(), Error> {
        let begin = self.text.len();
        self.push_line(event)?;
        if self.text.len() - begin > limits::LINE {
            self.text.truncate(begin);
            let loss = super::loss(event.seq, event.time, event.duration, "length", 1);
            self.push_line(&loss)?;
            self.info.add(&loss);
        } else {
            self.info.add(event);
        }
        self.chain = Chain {
            seq: event.seq.0,
            time: event.time,
        };
        self.bytes += self.text.len() - begin;
        Ok(())
    }

    fn push_line(&mut self, event: &Event) -> Result<(), Error> {
        line::push(&mut self.text, event, self.chain).map_err(|source| Error::Encode {
            kind: event.kind.name().to_owned(),
            source,
        })
    }

    /// At the size or number of events where a frame is closed.
    pub(super) fn is_full(&self, bytes: usize, events: u64) -> bool {
        self.bytes >= bytes || self.info.events >= events
    }

    /// Moves the text to `out`.
    pub(super) fn hand_over(&mut self, out: &mut Vec<u8>) {
        out.append(&mut self.text);
    }

    /// The entry of the index.
    pub(super) fn placed(mut self, placed: Placed) -> FrameInfo {
        self.info.offset = placed.offset;
        self.info.size = placed.size;
        self.info.json = placed.json;
        self.info
    }
}
