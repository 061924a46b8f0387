//! One zstd frame, one of its blocks at a time, so that an error costs no block before it.

use std::io;

use zstd::stream::raw::{self, DParameter, InBuffer, Operation, OutBuffer};

use super::limits;

/// The most one block decodes to (RFC 8878, 3.1.1.2.4: Block_Maximum_Size).
const ROOM: usize = 128 << 10;

/// What is enough for the decoder to see the frame's header.
const FIRST: usize = 5;

/// What one step brought.
pub(super) enum Step {
    /// The frame goes on.
    More,
    /// The frame is complete and its checksum right.
    End,
    /// The frame is complete and its checksum wrong.
    WrongChecksum,
    /// The frame cannot be decoded any further: the decoder's words.
    Broken(String),
}

/// A decoder that is used for one frame after another.
pub(super) struct Decoder {
    decoder: raw::Decoder<'static>,
    wants: usize,
}

impl Decoder {
    pub(super) fn new() -> io::Result<Self> {
        let mut decoder = raw::Decoder::new()?;
        // A hostile frame may ask for a window of gigabytes.
        decoder.set_parameter(DParameter::WindowLogMax(limits::WINDOW_LOG))?;
        Ok(Self {
            decoder,
            wants: FIRST,
        })
    }

    /// Begins a new frame.
    pub(super) fn restart(&mut self) -> io::Result<()> {
        self.wants = FIRST;
        self.decoder.reinit()
    }

    /// How many bytes the next step would like.
    pub(super) fn wants(&self) -> usize {
        self.wants
    }

    /// Decodes at most one block from the beginning of `bytes`, appends to `out` and says how many bytes it took.
    pub(super) fn step(&mut self, bytes: &[u8], out: &mut Vec<u8>) -> (usize, Step) {
        // Fed as much as it asks for, the decoder returns after each block; given more, it would run on and an error
        // would take the blocks before it along.
        let bytes = bytes.get(..self.wants).unwrap_or(bytes);
        let mut input = InBuffer::around(bytes);
        let done = out.len();
        out.reserve(ROOM);
        let mut output = OutBuffer::around_pos(out, done);
        let result = self.decoder.run(&mut input, &mut output);
        let used = input.pos();
        let step = match result {
            Ok(0) => Step::End,
            Ok(hint) if used == 0 && out.len() == done && bytes.len() >= self.wants => {
                Step::Broken(format!("the decoder makes no progress ({hint})"))
            }
            Ok(hint) => {
                self.wants = hint.clamp(1, 2 * ROOM);
                Step::More
            }
            Err(error) => {
                let words = error.to_string();
                if words.contains("checksum") {
                    Step::WrongChecksum
                } else {
                    Step::Broken(words)
                }
            }
        };
        (used, step)
    }
}
