//! A trace that is still being written: what came since it was looked at last.

use std::io::{Read, Seek, SeekFrom};

use super::super::Error;
use super::super::blocks::Form;
use super::super::warning::Place;
use super::Reader;

impl<R: Read + Seek> Reader<R> {
    /// Looks whether the file has become longer, and takes the new frames into the table; only what is new and the frame
    /// that was in the making are read. True when it has. The place of `next_item` is not changed.
    ///
    /// # Errors
    /// Those of `frames`.
    pub fn refresh(&mut self) -> Result<bool, Error> {
        let length = self
            .input
            .seek(SeekFrom::End(0))
            .map_err(|source| self.broken(0, source))?;
        if length == self.length {
            return Ok(false);
        }
        self.length = length;
        let Some(mut frames) = self.frames.take() else {
            return Ok(true);
        };
        if let Some(indexed) = self.indexed()? {
            self.frames = Some(indexed);
            return Ok(true);
        }
        let begin = match (self.form, frames.pop()) {
            (Form::Zstd, Some(last)) => Place {
                offset: last.offset,
                frame: 0,
            },
            _ => {
                frames.clear();
                Place::default()
            }
        };
        let new = self.walk_from(begin)?;
        frames.extend(new);
        self.frames = Some(frames);
        Ok(true)
    }

    /// The recorder has finished the file: its index is there.
    ///
    /// # Errors
    /// `Read`.
    pub fn is_finished(&mut self) -> Result<bool, Error> {
        Ok(self.indexed()?.is_some())
    }
}
