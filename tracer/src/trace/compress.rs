//! zstd frames into a sink: bytes in, frames out, with flushes inside a frame and the sizes for the seek table.
//!
//! Knows nothing of lines and events.

use std::io::{self, Write};

use zstd::stream::raw::{CParameter, Encoder, InBuffer, Operation, OutBuffer};

use super::seek_table::{self, Entry};

/// Compressed bytes are handed to the sink when this many are there, and at each flush.
const BATCH: usize = 128 << 10;

/// Where a finished frame lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Placed {
    pub(super) offset: u64,
    pub(super) size: u64,
    pub(super) json: u64,
}

/// Writes frames one after another.
pub(super) struct Frames<W> {
    sink: W,
    encoder: Encoder<'static>,
    /// Compressed, not yet in the sink.
    out: Vec<u8>,
    /// Bytes the sink took.
    written: u64,
    /// Where the open frame begins.
    begin: u64,
    /// Bytes put into the open frame.
    json: u64,
    table: Vec<Entry>,
}

impl<W: Write> Frames<W> {
    pub(super) fn new(sink: W, level: i32) -> io::Result<Self> {
        let mut encoder = Encoder::new(level)?;
        encoder.set_parameter(CParameter::ChecksumFlag(true))?;
        Ok(Self {
            sink,
            encoder,
            out: Vec::with_capacity(2 * BATCH),
            written: 0,
            begin: 0,
            json: 0,
            table: Vec::new(),
        })
    }

    /// Bytes the sink took so far.
    pub(super) fn written(&self) -> u64 {
        self.written
    }

    /// Frames finished so far.
    pub(super) fn count(&self) -> u64 {
        self.table.len() as u64
    }

    /// Puts bytes into the open frame; begins one if none is open.
    pub(super) fn push(&mut self, bytes: &[u8]) -> io::Result<()> {
        let mut input = InBuffer::around(bytes);
        while input.pos() < bytes.len() {
            let done = self.out.len();
            self.out.reserve(BATCH);
            let mut output = OutBuffer::around_pos(&mut self.out, done);
            self.encoder.run(&mut input, &mut output)?;
            if self.out.len() >= BATCH {
                self.hand_over()?;
            }
        }
        self.json += bytes.len() as u64;
        Ok(())
    }

    /// Brings everything pushed so far into the sink; the frame stays open.
    pub(super) fn flush(&mut self) -> io::Result<()> {
        self.drain(Encoder::flush)?;
        self.hand_over()
    }

    /// Closes the open frame.
    pub(super) fn end(&mut self) -> io::Result<Placed> {
        self.drain(|encoder, output| encoder.finish(output, true))?;
        self.encoder.reinit()?;
        self.hand_over()?;
        self.place()
    }

    /// Puts a ready-made skippable frame between the others.
    pub(super) fn skippable(&mut self, frame: &[u8]) -> io::Result<Placed> {
        self.out.extend_from_slice(frame);
        self.hand_over()?;
        self.place()
    }

    /// Writes the seek table, the last thing in a file, and hands the sink back.
    pub(super) fn finish(mut self) -> io::Result<(W, u64)> {
        self.out.extend_from_slice(&seek_table::write(&self.table));
        self.hand_over()?;
        self.sink.flush()?;
        Ok((self.sink, self.written))
    }

    /// The sink as it is, as if the process had been killed.
    #[cfg(test)]
    pub(super) fn into_sink(self) -> W {
        self.sink
    }

    fn place(&mut self) -> io::Result<Placed> {
        let placed = Placed {
            offset: self.begin,
            size: self.written - self.begin,
            json: self.json,
        };
        self.table.push(Entry {
            size: u32::try_from(placed.size).map_err(io::Error::other)?,
            json: u32::try_from(placed.json).map_err(io::Error::other)?,
        });
        self.begin = self.written;
        self.json = 0;
        Ok(placed)
    }

    fn drain(
        &mut self,
        step: impl Fn(&mut Encoder<'static>, &mut OutBuffer<'_, Vec<u8>>) -> io::Result<usize>,
    ) -> io::Result<()> {
        loop {
            let done = self.out.len();
            self.out.reserve(BATCH);
            let mut output = OutBuffer::around_pos(&mut self.out, done);
            if step(&mut self.encoder, &mut output)? == 0 {
                return Ok(());
            }
        }
    }

    fn hand_over(&mut self) -> io::Result<()> {
        let mut rest = self.out.as_slice();
        while !rest.is_empty() {
            match self.sink.write(rest) {
                Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                Ok(count) => {
                    rest = rest.get(count..).unwrap_or_default();
                    self.written += count as u64;
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        self.out.clear();
        self.sink.flush()
    }
}
