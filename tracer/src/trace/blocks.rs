//! The text of a trace in runs that may be trusted: a whole, checked zstd frame each, or a piece of plain text.
//!
//! Walks the frames from the beginning, as long as there are any; damage costs the rest of a frame, and the walk
//! goes on at the next magic number. The seek table is not needed for it. Knows nothing of lines.

mod decode;
mod window;

use std::io::{self, Read, Seek};

use super::foreign::{self, ZSTD};
use super::limits;
use super::seek_table::number;
use super::warning::{Place, Warnings, What};
use decode::{Decoder, Step};
use window::Window;

/// A run of text, appended to the caller's buffer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Block {
    /// Where it comes from.
    pub(super) place: Place,
    /// Byte of the file after it.
    pub(super) end: u64,
    /// What comes before it in the file is not what comes before it here.
    pub(super) broken: bool,
    /// What comes after it in the file is lost, and a warning says so.
    pub(super) torn: bool,
    /// It is a whole frame.
    pub(super) whole: bool,
}

/// How the file holds its text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// zstd frames.
    Zstd,
    /// JSON lines as they are.
    Plain,
}

/// Walks a file. The input is handed in at each step, so that two walks can share it.
pub(super) struct Blocks {
    form: Form,
    window: Window,
    decoder: Decoder,
    /// The frame that is being decoded.
    inside: Option<Place>,
    /// Number of the next frame.
    frame: u32,
    broken: bool,
    damages: u32,
    done: bool,
}

impl Blocks {
    /// Starts at a byte of the file, which is that of frame number `frame`.
    pub(super) fn new(form: Form, length: u64, start: Place) -> io::Result<Self> {
        Ok(Self {
            form,
            window: Window::new(length, start.offset),
            decoder: Decoder::new()?,
            inside: None,
            frame: start.frame,
            broken: false,
            damages: 0,
            done: false,
        })
    }

    pub(super) fn form(&self) -> Form {
        self.form
    }

    /// What is looked at next.
    pub(super) fn place(&self) -> Place {
        Place {
            offset: self.offset(),
            frame: self.frame,
        }
    }

    /// Byte of the file that is looked at next.
    pub(super) fn offset(&self) -> u64 {
        self.window.offset()
    }

    /// Appends the next block to `out`; `None` at the end of what can be read.
    pub(super) fn next<R: Read + Seek>(
        &mut self,
        input: &mut R,
        out: &mut Vec<u8>,
        warnings: &mut Warnings,
    ) -> io::Result<Option<Block>> {
        if self.form == Form::Plain {
            return self.plain(input, out);
        }
        while !self.done {
            let place = match self.inside {
                Some(place) => place,
                None => match self.find_frame(input, warnings)? {
                    Some(place) => place,
                    None => break,
                },
            };
            let begin = out.len();
            let broken = std::mem::take(&mut self.broken);
            let decoded = self.decode(input, out, place, warnings)?;
            if out.len() > begin {
                return Ok(Some(Block {
                    place,
                    end: self.offset(),
                    broken,
                    torn: decoded == Decoded::Torn,
                    whole: decoded == Decoded::Whole,
                }));
            }
            self.broken |= broken;
        }
        Ok(None)
    }

    fn plain<R: Read + Seek>(
        &mut self,
        input: &mut R,
        out: &mut Vec<u8>,
    ) -> io::Result<Option<Block>> {
        let place = Place {
            offset: self.offset(),
            frame: 0,
        };
        if self.window.fill(input, 1)? == 0 {
            return Ok(None);
        }
        out.extend_from_slice(self.window.rest());
        self.window.take(usize::MAX);
        Ok(Some(Block {
            place,
            end: self.offset(),
            broken: false,
            torn: false,
            whole: false,
        }))
    }

    /// Goes to the next compressed frame, over skippable ones and over what is no frame.
    fn find_frame<R: Read + Seek>(
        &mut self,
        input: &mut R,
        warnings: &mut Warnings,
    ) -> io::Result<Option<Place>> {
        loop {
            let place = Place {
                offset: self.offset(),
                frame: self.frame,
            };
            let available = self.window.fill(input, 8)?;
            if available == 0 {
                return Ok(None);
            }
            if self.window.rest().starts_with(&ZSTD) {
                self.frame += 1;
                self.decoder.restart()?;
                return Ok(Some(place));
            }
            if let (Some(magic), Some(size)) =
                (number(self.window.rest(), 0), number(self.window.rest(), 4))
                && foreign::is_skippable(magic)
                && place.offset + 8 + u64::from(size) <= self.window.length()
            {
                self.frame += 1;
                self.window.go_to(place.offset + 8 + u64::from(size));
                continue;
            }
            if available < 8 || number(self.window.rest(), 0).is_some_and(foreign::is_skippable) {
                // What is left is the beginning of something at the end of the file.
                warnings.push(place, None, What::CutTail);
                self.done = true;
                return Ok(None);
            }
            let next = self.resync(input, place.offset)?;
            let what = What::NoFrame(next.map(|next| next - place.offset));
            self.tell_damage(place, what, warnings);
            if self.done {
                return Ok(None);
            }
        }
    }

    /// Decodes the open frame, to its end or until enough is there.
    fn decode<R: Read + Seek>(
        &mut self,
        input: &mut R,
        out: &mut Vec<u8>,
        place: Place,
        warnings: &mut Warnings,
    ) -> io::Result<Decoded> {
        let begin = out.len();
        let given_before = self.inside.take().is_some();
        // How much text there was at which byte of the file.
        let mut steps = vec![(self.offset(), begin)];
        let damage = loop {
            if self.window.fill(input, self.decoder.wants())? == 0 {
                break What::CutOff;
            }
            let (used, step) = self.decoder.step(self.window.rest(), out);
            self.window.take(used);
            steps.push((self.offset(), out.len()));
            match step {
                Step::More if out.len() - begin >= limits::SECTION => {
                    self.inside = Some(place);
                    return Ok(Decoded::Part);
                }
                Step::More => {}
                Step::End if given_before => return Ok(Decoded::Part),
                Step::End => return Ok(Decoded::Whole),
                Step::WrongChecksum if given_before => break What::LateChecksum,
                Step::WrongChecksum => {
                    out.truncate(begin);
                    break What::Checksum;
                }
                Step::Broken(words) => break What::Damaged(words),
            }
        };
        // Text of a frame that was given out is not decoded again.
        let from = if given_before {
            self.offset().saturating_sub(1)
        } else {
            place.offset
        };
        let next = self.resync(input, from)?;
        let what = match (damage, next) {
            // A wrong length inside the frame made it run over the frames behind it.
            (What::CutOff, Some(_)) => What::Damaged("it runs over the next frame".to_owned()),
            (damage, _) => damage,
        };
        if let Some(next) = next {
            // What was decoded from the bytes of another frame is no text.
            let good = steps.iter().rev().find(|(offset, _)| *offset <= next);
            out.truncate(good.map_or(begin, |(_, length)| *length));
        }
        self.tell_damage(place, what, warnings);
        Ok(Decoded::Torn)
    }

    /// Goes to the next magic number after `from`, and says where it is.
    fn resync<R: Read + Seek>(&mut self, input: &mut R, from: u64) -> io::Result<Option<u64>> {
        self.broken = true;
        self.window.go_to(from + 1);
        loop {
            if self.window.fill(input, 4)? < 4 {
                self.done = true;
                return Ok(None);
            }
            if let Some(at) = memchr::memmem::find(self.window.rest(), &ZSTD) {
                self.window.take(at);
                return Ok(Some(self.offset()));
            }
            // The last three bytes may begin one.
            self.window.take(self.window.rest().len() - 3);
        }
    }

    fn tell_damage(&mut self, place: Place, what: What, warnings: &mut Warnings) {
        warnings.push(place, None, what);
        self.damages += 1;
        if !self.done && self.damages >= limits::DAMAGES {
            warnings.push(place, None, What::TooMuch);
            self.done = true;
        }
    }
}

/// How far a frame was decoded.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Decoded {
    Whole,
    Part,
    Torn,
}
