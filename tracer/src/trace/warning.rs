//! What was damaged or missing in a trace that could be read all the same, and where.

use std::fmt;

use super::limits;
use crate::event::Seq;

/// One place of damage.
#[derive(Clone, Debug, PartialEq)]
pub struct Warning {
    /// Byte of the file where the frame begins, or the damage, where it is outside of a frame.
    pub offset: u64,
    /// The zstd frame, counted from 0 (the header's); 0 throughout in a file that is not compressed.
    pub frame: u32,
    /// Line in that frame, from 1.
    pub line: Option<u64>,
    /// What is wrong.
    pub what: What,
    /// The events that are missing because of it, as far as the numbers around it tell.
    pub missing: Option<Missing>,
}

/// Events that are not there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Missing {
    /// Number of the first.
    pub first: Seq,
    /// Number of the last. Where hot calls were lost, events of the story between the two may be there.
    pub last: Seq,
    /// How many.
    pub count: u64,
}

/// What is wrong.
#[derive(Clone, Debug, PartialEq)]
pub enum What {
    /// The file ends inside a frame or line.
    CutOff,
    /// The file ends inside index or seek table, or just where a frame begins.
    CutTail,
    /// The file has no end line: the recorder was killed, or the file was cut between two frames.
    NoEnd,
    /// A frame cannot be decompressed from some point on; the decoder's words.
    Damaged(String),
    /// A frame's checksum does not match. None of its lines is used, since any may be wrong.
    Checksum,
    /// As `Checksum`, but found only after lines of this very long frame had been given out.
    LateChecksum,
    /// Bytes that are no frame, and how many of them were passed over; `None` to the end of the file.
    NoFrame(Option<u64>),
    /// The header cannot be read: nothing is known about command and machine.
    Header(String),
    /// Lines whose time and number are unknown, since the frame's first line is missing.
    NoStart,
    /// A line longer than any that is written.
    LongLine,
    /// A line that is no event; the lines after it in the frame cannot be placed and are left out.
    BadLine(String),
    /// As `BadLine`, but time and number could be read and reading goes on with the next line.
    BadBody(String),
    /// The value of a known kind has another shape than this release knows. The event is there, as unknown.
    OtherShape(String),
    /// An event whose number is not above those before it: a frame was copied or moved, or the number is wrong.
    Order,
    /// The index does not fit the file and was not used.
    Index,
    /// More damage than is worth reading on.
    TooMuch,
}

impl fmt::Display for What {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::CutOff => f.write_str("the file is cut off here"),
            Self::CutTail => f.write_str("cut off behind the events: no index"),
            Self::NoEnd => f.write_str("cut off: no end line"),
            Self::Damaged(words) => write!(f, "damaged: {words}"),
            Self::Checksum => f.write_str("damaged: wrong checksum; the frame is left out"),
            Self::LateChecksum => {
                f.write_str("damaged: wrong checksum; any line of it may be wrong")
            }
            Self::NoFrame(Some(count)) => write!(f, "{count} bytes that are no frame"),
            Self::NoFrame(None) => f.write_str("bytes that are no frame, to the end of the file"),
            Self::Header(words) => write!(f, "the header cannot be read: {words}"),
            Self::NoStart => f.write_str("lines without the beginning of their frame are left out"),
            Self::LongLine => write!(
                f,
                "a line of more than {} MiB is left out",
                limits::LINE >> 20
            ),
            Self::BadLine(words) => {
                write!(f, "no event: {words}; the rest of the frame is left out")
            }
            Self::BadBody(words) => write!(f, "no event: {words}"),
            Self::OtherShape(words) => write!(f, "kept as it stands: {words}"),
            Self::Order => {
                f.write_str("an event out of order: its number is not above those before")
            }
            Self::Index => f.write_str("the index does not fit the file and was rebuilt"),
            Self::TooMuch => f.write_str("too much damage; the rest of the file is not read"),
        }
    }
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "byte {}, frame {}", self.offset, self.frame)?;
        if let Some(line) = self.line {
            write!(f, ", line {line}")?;
        }
        write!(f, ": {}", self.what)?;
        match self.missing {
            Some(Missing {
                first, count: 1, ..
            }) => write!(f, " (missing: {first})"),
            Some(Missing { first, last, count }) => {
                write!(f, " (missing: {count} events, {first} to {last})")
            }
            None => Ok(()),
        }
    }
}

/// Where in a file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Place {
    /// Byte of the file where the frame begins.
    pub(super) offset: u64,
    /// The zstd frame.
    pub(super) frame: u32,
}

/// Warnings of one reading, bounded.
#[derive(Debug, Default)]
pub(super) struct Warnings {
    kept: Vec<Warning>,
    /// How many were not kept.
    dropped: u64,
    /// There was damage, and events missing from here on are its cost.
    open: bool,
    /// Events are missing or doubtful.
    cost: bool,
}

impl Warnings {
    pub(super) fn push(&mut self, place: Place, line: Option<u64>, what: What) {
        self.open |= !matches!(what, What::OtherShape(_) | What::Index | What::Header(_));
        self.cost |= matches!(what, What::LateChecksum | What::Order);
        if self.kept.len() >= limits::WARNINGS {
            self.dropped += 1;
            return;
        }
        self.kept.push(Warning {
            offset: place.offset,
            frame: place.frame,
            line,
            what,
            missing: None,
        });
    }

    /// An event follows another: a gap in the numbers after damage is its cost.
    pub(super) fn event(&mut self, before: Seq, now: Seq) {
        let gap = now.0.saturating_sub(before.0).saturating_sub(1);
        if gap == 0 || !self.open {
            return;
        }
        self.cost = true;
        let (first, last) = (Seq(before.0 + 1), Seq(now.0 - 1));
        if let Some(warning) = self.kept.last_mut() {
            let missing = warning.missing.get_or_insert(Missing {
                first,
                last,
                count: 0,
            });
            missing.last = last;
            missing.count = missing.count.saturating_add(gap);
        }
    }

    pub(super) fn all(&self) -> &[Warning] {
        &self.kept
    }

    pub(super) fn dropped(&self) -> u64 {
        self.dropped
    }

    pub(super) fn cost_events(&self) -> bool {
        self.cost
    }
}
