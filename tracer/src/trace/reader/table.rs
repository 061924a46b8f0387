//! The table of frames: from the index at the end of the file, or, where that is missing or does not fit, from a
//! walk over the whole file.

use std::io::{self, Read, Seek};

use super::super::blocks::{Blocks, Form};
use super::super::index::{self, FrameInfo};
use super::super::section::Sections;
use super::super::seek_table::{self, Footer};
use super::super::warning::{Place, Warnings, What};
use super::super::{Error, limits};
use super::Reader;
use super::frames::each;

impl<R: Read + Seek> Reader<R> {
    /// The frames that hold events, in order of the file. The first call may read the whole file.
    ///
    /// # Errors
    /// `Read`; `OnePiece` for a trace that was compressed again into frames too large to jump in.
    pub fn frames(&mut self) -> Result<&[FrameInfo], Error> {
        if self.frames.is_none() {
            self.frames = Some(match self.indexed()? {
                Some(frames) => frames,
                None => self.walk()?,
            });
        }
        Ok(self.frames.as_deref().unwrap_or_default())
    }

    /// The table from the end of the file, when it is there and fits.
    pub(super) fn indexed(&mut self) -> Result<Option<Vec<FrameInfo>>, Error> {
        let length = self.length;
        if self.form == Form::Plain || length < seek_table::FOOTER {
            return Ok(None);
        }
        let frames = self
            .read_index()
            .map_err(|source| self.broken(length, source))?;
        if frames.is_none() && self.is_complete() {
            let place = Place {
                offset: length,
                frame: 0,
            };
            self.warnings.push(place, None, What::Index);
        }
        Ok(frames)
    }

    fn read_index(&mut self) -> io::Result<Option<Vec<FrameInfo>>> {
        let mut bytes = Vec::new();
        let at = self.length.saturating_sub(seek_table::FOOTER);
        self.read_at(at, seek_table::FOOTER, &mut bytes)?;
        let Some(footer) = Footer::parse(&bytes) else {
            return Ok(None);
        };
        let Some(table_at) = self.length.checked_sub(footer.frame_length()) else {
            return Ok(None);
        };
        bytes.clear();
        self.read_at(table_at, footer.frame_length(), &mut bytes)?;
        let Some(entries) = footer.entries(&bytes) else {
            return Ok(None);
        };
        let total: u64 = entries.iter().map(|entry| u64::from(entry.size)).sum();
        let Some(last) = entries.last().filter(|_| total == table_at) else {
            return Ok(None);
        };
        let size = u64::from(last.size);
        bytes.clear();
        self.read_at(table_at - size, size.min(limits::INDEX as u64), &mut bytes)?;
        Ok(index::parse(&bytes).filter(|frames| index::fits(frames, &entries)))
    }

    /// Reads the whole file for its table.
    pub(super) fn walk(&mut self) -> Result<Vec<FrameInfo>, Error> {
        self.walk_from(Place::default())
    }

    /// Reads the file from the begin of a frame on.
    pub(super) fn walk_from(&mut self, start: Place) -> Result<Vec<FrameInfo>, Error> {
        let mut warnings = Warnings::default();
        let mut blocks =
            Blocks::new(self.form, self.length, start).map_err(|source| self.broken(0, source))?;
        let mut frames = Vec::new();
        if self.form == Form::Plain {
            let mut sections = Sections::new(blocks);
            loop {
                let next = sections.next(&mut self.input, &mut warnings);
                let Some(section) = next.map_err(|source| self.broken(0, source))? else {
                    return Ok(frames);
                };
                let (place, size) = (section.place, section.text.len() as u64);
                push(&mut frames, section.text, place, size);
            }
        }
        loop {
            let mut text = Vec::new();
            let next = blocks.next(&mut self.input, &mut text, &mut warnings);
            let Some(block) = next.map_err(|source| self.broken(blocks.offset(), source))? else {
                return Ok(frames);
            };
            if !block.whole && !block.torn {
                return Err(Error::OnePiece(self.path.clone()));
            }
            let size = block.end.saturating_sub(block.place.offset);
            push(&mut frames, text, block.place, size);
        }
    }
}

/// Counts the events of a piece of the file and enters it in the table, when it has any.
fn push(frames: &mut Vec<FrameInfo>, text: Vec<u8>, place: Place, size: u64) {
    let json = text.len() as u64;
    let mut info = FrameInfo {
        offset: place.offset,
        size,
        json,
        ..FrameInfo::default()
    };
    let mut hot = true;
    each(text, place, &mut Warnings::default(), |cursor, warnings| {
        hot &= cursor.is_hot();
        while let Some((event, _)) = cursor.take(warnings) {
            info.add(&event);
        }
    });
    if info.events > 0 {
        info.hot = hot;
        frames.push(info);
    }
}
