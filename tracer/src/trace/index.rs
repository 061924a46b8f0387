//! What is known about each frame without reading it, and its form in the file: zstd-compressed JSON lines in a
//! skippable frame before the seek table.

use std::collections::{BTreeMap, BTreeSet};
use std::io;

use serde::{Deserialize, Serialize};

use super::foreign::SKIPPABLE;
use super::limits;
use super::seek_table::{Entry, number};
use crate::event::{Event, Hex, Proc, Seq};

/// Magic number of the skippable frame with the index.
pub(super) const MAGIC: u32 = SKIPPABLE + 6;

/// One frame of events.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FrameInfo {
    /// Byte of the file where it begins.
    #[serde(rename = "at")]
    pub offset: u64,
    /// Bytes in the file.
    pub size: u64,
    /// Bytes of JSON.
    pub json: u64,
    /// Number of the first event.
    #[serde(rename = "n")]
    pub first: Seq,
    /// Number of the last event.
    pub last: Seq,
    /// How many events.
    pub events: u64,
    /// The earliest start of an event, in nanoseconds of CLOCK_BOOTTIME.
    pub from: Hex,
    /// The latest time of an event, in nanoseconds of CLOCK_BOOTTIME.
    pub to: Hex,
    /// Hot calls only; they belong between the events of the frame before.
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub hot: bool,
    /// How many events of each kind.
    pub kinds: BTreeMap<String, u64>,
    /// The processes in it.
    #[serde(rename = "p")]
    pub processes: BTreeSet<Proc>,
    /// How many events say that something failed.
    pub failed: u64,
}

impl FrameInfo {
    /// Counts an event in.
    pub(super) fn add(&mut self, event: &Event) {
        let start = Hex(event.start());
        if self.events == 0 {
            self.first = event.seq;
            self.last = event.seq;
            self.from = start;
        }
        self.first = self.first.min(event.seq);
        self.last = self.last.max(event.seq);
        self.from = self.from.min(start);
        self.to = self.to.max(Hex(event.time));
        self.events += 1;
        let name = event.kind.name();
        match self.kinds.get_mut(name) {
            Some(count) => *count += 1,
            None => {
                self.kinds.insert(name.to_owned(), 1);
            }
        }
        if let Some(process) = event.process {
            self.processes.insert(process);
        }
        self.failed += u64::from(event.kind.failed());
    }
}

/// Renders the index as a skippable frame.
pub(super) fn write(frames: &[FrameInfo]) -> io::Result<Vec<u8>> {
    let mut json = Vec::new();
    for frame in frames {
        serde_json::to_writer(&mut json, frame)?;
        json.push(b'\n');
    }
    let payload = zstd::bulk::compress(&json, 3)?;
    let length = u32::try_from(payload.len()).map_err(io::Error::other)?;
    let mut out = Vec::with_capacity(payload.len() + 8);
    out.extend_from_slice(&MAGIC.to_le_bytes());
    out.extend_from_slice(&length.to_le_bytes());
    out.extend_from_slice(&payload);
    Ok(out)
}

/// Reads the skippable frame; `None` for whatever is wrong with it.
pub(super) fn parse(frame: &[u8]) -> Option<Vec<FrameInfo>> {
    let length = usize::try_from(number(frame, 4)?).ok()?;
    let payload = frame.get(8..)?;
    if number(frame, 0)? != MAGIC || payload.len() != length {
        return None;
    }
    let claimed = zstd::zstd_safe::get_frame_content_size(payload).ok()??;
    let claimed = usize::try_from(claimed).ok()?;
    if claimed > limits::INDEX {
        return None;
    }
    let json = zstd::bulk::decompress(payload, claimed).ok()?;
    json.split(|byte| *byte == b'\n')
        .filter(|line| !line.is_empty())
        .map(|line| serde_json::from_slice(line).ok())
        .collect()
}

/// Every frame of the index is one of the seek table, in order.
pub(super) fn fits(frames: &[FrameInfo], entries: &[Entry]) -> bool {
    let mut begin = 0;
    let mut places = entries.iter().map(|entry| {
        let place = (begin, u64::from(entry.size), u64::from(entry.json));
        begin += place.1;
        place
    });
    frames
        .iter()
        .all(|frame| places.any(|place| place == (frame.offset, frame.size, frame.json)))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{FrameInfo, parse, write};
    use crate::event::{Hex, Seq};

    #[test]
    fn an_index_reads_back() {
        let frames = vec![
            FrameInfo {
                offset: 700,
                size: 9,
                first: Seq(1),
                last: Seq(4),
                from: Hex(u64::MAX),
                hot: true,
                ..FrameInfo::default()
            },
            FrameInfo::default(),
        ];
        assert_eq!(parse(&write(&frames).unwrap()), Some(frames));
        assert_eq!(parse(&write(&[]).unwrap()), Some(Vec::new()));
    }

    #[test]
    fn a_bomb_is_refused() {
        let bomb = zstd::bulk::compress(&vec![b' '; (64 << 20) + 1], 1).unwrap();
        let mut frame = super::MAGIC.to_le_bytes().to_vec();
        frame.extend_from_slice(&u32::try_from(bomb.len()).unwrap().to_le_bytes());
        frame.extend_from_slice(&bomb);
        assert_eq!(parse(&frame), None);
    }

    proptest! {
        #[test]
        fn a_flipped_bit_never_panics(at in 0_usize..200, bit in 0_u32..8) {
            let mut bytes = write(&vec![FrameInfo::default(); 3]).unwrap();
            let at = at % bytes.len();
            bytes[at] ^= 1 << bit;
            let _ = parse(&bytes);
        }
    }
}
