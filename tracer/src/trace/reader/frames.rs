//! Random access: one frame alone. What the index says of a frame is checked when it is read.

use std::io::{self, Read, Seek, SeekFrom};
use std::ops::Range;

use super::super::blocks::{Blocks, Form};
use super::super::cursor::Cursor;
use super::super::index::FrameInfo;
use super::super::section::Section;
use super::super::warning::{Place, Warnings, What};
use super::super::{Error, frame, limits};
use super::{Reader, Warning};
use crate::event::Event;

/// Events that room is made for before they are read: a frame of a megabyte has about as many.
const ROOM: usize = 16_384;

/// The events of one frame, in order of their numbers.
#[derive(Debug)]
pub struct Frame {
    parts: Parts,
    /// What was damaged or missing in it.
    pub warnings: Vec<Warning>,
}

/// A frame taken apart.
#[derive(Debug, Default)]
pub struct Parts {
    /// The events, in order of their numbers.
    pub events: Vec<Event>,
    /// Pieces of the trace.
    pub texts: Vec<String>,
    /// Where the line of each event stands: which piece, and bytes of it.
    pub lines: Vec<(usize, Range<usize>)>,
}

impl Frame {
    /// How many events.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.parts.events.len()
    }

    /// No event at all.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.parts.events.is_empty()
    }

    /// An event and its line.
    #[must_use]
    pub fn get(&self, at: usize) -> Option<(&Event, &str)> {
        let (text, line) = self.parts.lines.get(at)?;
        let line = self.parts.texts.get(*text)?.get(line.clone());
        Some((self.parts.events.get(at)?, line.unwrap_or_default()))
    }

    /// All of it, to be kept without copies.
    #[must_use]
    pub fn into_parts(self) -> Parts {
        self.parts
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = (&Event, &str)> {
        (0..self.len()).filter_map(|at| self.get(at))
    }
}

impl<R: Read + Seek> Reader<R> {
    /// Decodes one frame of the table alone. The place of `next_item` is not changed.
    ///
    /// # Errors
    /// `NoFrame` for a number out of range; those of `frames`.
    pub fn frame(&mut self, number: usize) -> Result<Frame, Error> {
        let info = self.info(number)?;
        let frame = self.decode(&info)?;
        let damaged = |warning: &Warning| !matches!(warning.what, What::NoFrame(_));
        if info.fits(&frame) || frame.warnings.iter().any(damaged) {
            return Ok(frame);
        }
        // The index does not say what is there. What is really there is found by walking.
        let walked = self.walk()?;
        if self.frames.as_ref() == Some(&walked) {
            return Ok(frame);
        }
        let place = Place {
            offset: info.offset,
            frame: 0,
        };
        self.warnings.push(place, None, What::Index);
        self.frames = Some(walked);
        let info = self.info(number)?;
        self.decode(&info)
    }

    fn info(&mut self, number: usize) -> Result<FrameInfo, Error> {
        let path = self.path.clone();
        let frames = self.frames()?;
        frames.get(number).cloned().ok_or(Error::NoFrame {
            path,
            number,
            count: frames.len(),
        })
    }

    fn decode(&mut self, info: &FrameInfo) -> Result<Frame, Error> {
        let mut warnings = Warnings::default();
        let mut text = Vec::new();
        let place = Place {
            offset: info.offset,
            frame: 0,
        };
        match self.form {
            Form::Plain => {
                let size = info.size.min(limits::SECTION as u64 * 2);
                self.read_at(info.offset, size, &mut text)
                    .map_err(|source| self.broken(info.offset, source))?;
            }
            Form::Zstd => {
                let next = Blocks::new(self.form, self.length, place)
                    .and_then(|mut blocks| blocks.next(&mut self.input, &mut text, &mut warnings));
                let block = next.map_err(|source| self.broken(info.offset, source))?;
                // Not the frame that was asked for, but one found behind damage.
                if block.is_none_or(|block| block.place.offset != info.offset) {
                    text.clear();
                }
            }
        }
        Ok(read(text, place, warnings))
    }

    pub(super) fn read_at(&mut self, offset: u64, size: u64, out: &mut Vec<u8>) -> io::Result<()> {
        self.input.seek(SeekFrom::Start(offset))?;
        (&mut self.input).take(size).read_to_end(out)?;
        Ok(())
    }

    pub(super) fn broken(&self, offset: u64, source: io::Error) -> Error {
        Error::Read {
            path: self.path.clone(),
            offset,
            source,
        }
    }
}

impl FrameInfo {
    /// What was read is what the table says.
    fn fits(&self, frame: &Frame) -> bool {
        let events = &frame.parts.events;
        let (Some(first), Some(last)) = (events.first(), events.last()) else {
            return self.events == 0;
        };
        (first.seq, last.seq) == (self.first, self.last) && self.events == frame.len() as u64
    }
}

/// Decodes a piece of the file, with its hot calls in their places.
fn read(text: Vec<u8>, place: Place, mut warnings: Warnings) -> Frame {
    // Room for all lines at once, as many as a frame of ours has.
    let lines = memchr::memchr_iter(b'\n', &text).count();
    let mut parts = Parts::default();
    parts.events.reserve(lines.min(ROOM));
    parts.lines.reserve(lines.min(ROOM));
    each(text, place, &mut warnings, |cursor, warnings| {
        while let Some((event, span)) = cursor.take(warnings) {
            parts.events.push(event);
            parts.lines.push((parts.texts.len(), span.range()));
        }
        parts.texts.push(cursor.take_text());
    });
    Frame {
        parts: parts.sorted(),
        warnings: warnings.all().to_vec(),
    }
}

impl Parts {
    /// In order of the numbers. An event is large and nearly every frame is in order: nothing is moved then.
    fn sorted(mut self) -> Self {
        if self.events.is_sorted_by_key(|event| event.seq) {
            return self;
        }
        let mut both: Vec<(Event, (usize, Range<usize>))> =
            self.events.into_iter().zip(self.lines).collect();
        both.sort_by_key(|(event, _)| event.seq);
        (self.events, self.lines) = both.into_iter().unzip();
        self
    }
}

/// Hands out each section of a piece of the file; a header at its beginning is left out.
pub(super) fn each(
    text: Vec<u8>,
    place: Place,
    warnings: &mut Warnings,
    mut use_section: impl FnMut(&mut Cursor, &mut Warnings),
) {
    let torn = !text.ends_with(b"\n");
    let mut begins: Vec<usize> = memchr::memmem::find_iter(&text, frame::MARK)
        .filter(|at| *at == 0 || text.get(at - 1) == Some(&b'\n'))
        .collect();
    begins.push(text.len());
    for pair in begins.windows(2) {
        let &[begin, end] = pair else { continue };
        let Some(lines) = text.get(begin..end) else {
            continue;
        };
        let section = Section {
            text: lines.to_vec(),
            place,
            lines_before: memchr::memchr_iter(b'\n', text.get(..begin).unwrap_or(&[])).count()
                as u64,
            torn: torn && end == text.len(),
            goes_on: false,
        };
        use_section(&mut Cursor::new(section, warnings), warnings);
    }
}
