//! Text cut into sections: from one frame line to the next. In a trace as it was written a section is a zstd frame;
//! in one that was unpacked or compressed again, sections are what is left of the frames.

use std::io::{self, Read, Seek};

use super::blocks::{Block, Blocks, Form};
use super::warning::{Place, Warnings, What};
use super::{frame, limits};

/// Lines that count on from one beginning.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Section {
    /// The lines. The last one may lack its newline, at the end of the file or at a tear.
    pub(super) text: Vec<u8>,
    /// Where its first line stands.
    pub(super) place: Place,
    /// How many lines of the same zstd frame come before it.
    pub(super) lines_before: u64,
    /// What comes after it in the file is lost, and a warning says so.
    pub(super) torn: bool,
    /// It may lack a frame line, since it goes on where the section before it ends.
    pub(super) goes_on: bool,
}

/// Cuts blocks into sections.
pub(super) struct Sections {
    blocks: Blocks,
    /// Text from `start` on is not given out yet.
    buffer: Vec<u8>,
    start: usize,
    /// Up to here `buffer` has no further frame line.
    searched: usize,
    /// What the next section begins with; its text is still in `buffer`.
    next: Section,
    /// A block that does not belong to what is in `buffer`.
    ahead: Option<(Block, Vec<u8>)>,
    /// A line that is too long is being passed over.
    in_long_line: bool,
    ended: bool,
}

/// A frame line that is not the first line.
const BOUNDARY: &[u8] = b"\n{\"frame\":";

impl Sections {
    pub(super) fn new(blocks: Blocks) -> Self {
        Self {
            blocks,
            buffer: Vec::new(),
            start: 0,
            searched: 0,
            next: Section::default(),
            ahead: None,
            in_long_line: false,
            ended: false,
        }
    }

    /// How far the file was read.
    pub(super) fn place(&self) -> Place {
        self.blocks.place()
    }

    /// The next section; `None` at the end of what can be read.
    pub(super) fn next<R: Read + Seek>(
        &mut self,
        input: &mut R,
        warnings: &mut Warnings,
    ) -> io::Result<Option<Section>> {
        loop {
            if let Some(end) = self.boundary() {
                return Ok(Some(self.cut(end, false)));
            }
            if self.waiting().len() > limits::SECTION {
                match memchr::memrchr(b'\n', self.waiting()) {
                    Some(at) => return Ok(Some(self.cut(self.start + at + 1, true))),
                    None => self.drop_long_line(warnings),
                }
            }
            if self.ahead.is_none() && !self.ended {
                self.read(input, warnings)?;
            }
            match self.ahead.take() {
                Some((block, text)) if self.belongs(block, &text) => self.append(block, text),
                // It waits until what came before it is given out.
                Some(ahead) => {
                    self.ahead = Some(ahead);
                    return Ok(Some(self.cut(self.buffer.len(), false)));
                }
                None if self.waiting().is_empty() => return Ok(None),
                None => return Ok(Some(self.cut(self.buffer.len(), false))),
            }
        }
    }

    fn read<R: Read + Seek>(&mut self, input: &mut R, warnings: &mut Warnings) -> io::Result<()> {
        let mut text = Vec::new();
        match self.blocks.next(input, &mut text, warnings)? {
            Some(block) => {
                self.in_long_line &= !block.broken;
                if self.in_long_line {
                    match memchr::memchr(b'\n', &text) {
                        Some(at) => {
                            self.in_long_line = false;
                            text.drain(..=at);
                        }
                        None => text.clear(),
                    }
                }
                self.ahead = Some((block, text));
            }
            None => self.ended = true,
        }
        Ok(())
    }

    /// The block goes on with what is waiting, or nothing is.
    fn belongs(&self, block: Block, text: &[u8]) -> bool {
        match self.waiting().last() {
            None => true,
            Some(last) => !block.broken && !(*last == b'\n' && text.starts_with(frame::MARK)),
        }
    }

    fn append(&mut self, block: Block, text: Vec<u8>) {
        if self.waiting().is_empty() {
            // Lines are counted on inside a zstd frame, and through a file that is not compressed.
            let same = self.blocks.form() == Form::Plain || block.place == self.next.place;
            self.next.lines_before *= u64::from(same);
            self.next.place = block.place;
            self.next.goes_on &= !block.broken;
            self.buffer = text;
            self.start = 0;
            self.searched = 0;
        } else {
            self.buffer.drain(..self.start);
            self.searched = self.searched.saturating_sub(self.start);
            self.start = 0;
            self.buffer.extend_from_slice(&text);
        }
        self.next.torn = block.torn;
    }

    /// Where the next section ends, if its end has been read.
    fn boundary(&mut self) -> Option<usize> {
        let from = self.searched.max(self.start);
        let found = memchr::memmem::find(self.buffer.get(from..)?, BOUNDARY);
        match found {
            Some(at) => Some(from + at + 1),
            None => {
                let overlap = BOUNDARY.len() - 1;
                self.searched = self.buffer.len().saturating_sub(overlap).max(self.start);
                None
            }
        }
    }

    /// Gives the section up to byte `end` of the buffer.
    fn cut(&mut self, end: usize, goes_on: bool) -> Section {
        let whole = self.start == 0 && end >= self.buffer.len();
        let text = if whole {
            std::mem::take(&mut self.buffer)
        } else {
            self.buffer.get(self.start..end).unwrap_or(&[]).to_vec()
        };
        self.start = if whole { 0 } else { end };
        self.searched = self.start;
        let more = !self.waiting().is_empty();
        let lines = memchr::memchr_iter(b'\n', &text).count() as u64;
        let mut after = Section {
            text: Vec::new(),
            place: self.next.place,
            lines_before: self.next.lines_before + lines,
            torn: self.next.torn,
            goes_on,
        };
        if self.blocks.form() == Form::Plain {
            after.place.offset += text.len() as u64;
        }
        let mut section = std::mem::replace(&mut self.next, after);
        section.torn &= !more;
        section.text = text;
        section
    }

    /// What is waiting is one endless line.
    fn drop_long_line(&mut self, warnings: &mut Warnings) {
        let line = self.next.lines_before + 1;
        warnings.push(self.next.place, Some(line), What::LongLine);
        self.buffer.clear();
        self.start = 0;
        self.searched = 0;
        self.next.goes_on = false;
        self.in_long_line = true;
    }

    fn waiting(&self) -> &[u8] {
        self.buffer.get(self.start..).unwrap_or(&[])
    }
}
