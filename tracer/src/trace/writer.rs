//! Events into a trace file: lines, frames, flushes, size limit, index. The one place that writes traces.
//!
//! ```text
//! header | story frame | story frame | hot frame | story frame ... end line | index | seek table
//!                      `- a group: the hot calls of its time come right after -'
//! ```
//!
//! Hot calls get frames of their own, so that reading the story does not read them. Frames cannot interleave, so hot
//! lines wait in memory (at most a frame, at most until the next flush) and follow the story frame of their time.
//! Times come from the caller; this layer reads no clock.

mod create;
mod lane;
mod options;

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};

use super::compress::Frames;
use super::index::{self, FrameInfo};
use super::{Error, limits};
use crate::event::host::Header;
use crate::event::loss::Loss;
use crate::event::{Event, Kind, Seq, Text};
use lane::Section;
pub use options::{Lane, Options, Outcome, Summary};

/// Writes one trace.
pub struct Writer<W: Write = File> {
    path: PathBuf,
    options: Options,
    frames: Frames<W>,
    /// The open story frame, whose text is in the encoder but for `pending`.
    story: Option<Section>,
    /// Hot lines of the same time.
    hot: Option<Section>,
    /// Story text not yet given to the encoder.
    pending: Vec<u8>,
    /// Bytes of JSON that no flush has brought into the file.
    unflushed: u64,
    last_flush: u64,
    index: Vec<FrameInfo>,
    events: u64,
    full: Option<Full>,
    stopped: bool,
}

/// Since the size limit was reached.
struct Full {
    /// When, in nanoseconds of CLOCK_BOOTTIME.
    since: u64,
    /// Number and time of the newest refused event.
    last: (Seq, u64),
    /// How many were refused and are in no loss event yet.
    uncounted: u64,
    refused: u64,
}

/// Text is given to the encoder in pieces of this size.
const PIECE: usize = 64 << 10;

impl Writer<File> {
    /// Creates the file, for its owner only, and writes the header.
    ///
    /// # Errors
    /// `Exists`, `Create`, `Owner`; `DiskFull` and `Write` for the header.
    pub fn create(path: &Path, header: &Header, options: Options) -> Result<Self, Error> {
        let file = create::create(path, options.owner)?;
        Self::new(file, path, header, options)
    }
}

impl<W: Write> Writer<W> {
    /// Writes into `sink`; `path` is its name in errors.
    ///
    /// # Errors
    /// `Encode`, `DiskFull` and `Write`, for the header.
    pub fn new(sink: W, path: &Path, header: &Header, options: Options) -> Result<Self, Error> {
        let broken = |source| Error::from_write(path, 0, source);
        let mut json = serde_json::to_vec(header).map_err(|source| Error::Encode {
            kind: "header".to_owned(),
            source,
        })?;
        json.push(b'\n');
        // A frame of its own: it is in the file at once, and readers of other frames do not read it.
        let mut frames = Frames::new(sink, options.level).map_err(broken)?;
        frames.push(&json).map_err(broken)?;
        frames.end().map_err(broken)?;
        Ok(Self {
            path: path.to_owned(),
            options,
            frames,
            story: None,
            hot: None,
            pending: Vec::with_capacity(2 * PIECE),
            unflushed: 0,
            last_flush: header.clock.boot.0,
            index: Vec::new(),
            events: 0,
            full: None,
            stopped: false,
        })
    }

    /// Bytes in the file by now.
    pub fn bytes_written(&self) -> u64 {
        self.frames.written()
    }

    /// Events that were offered after the size limit had been reached.
    pub fn refused(&self) -> u64 {
        self.full.as_ref().map_or(0, |full| full.refused)
    }

    /// Appends an event; its number is the caller's and rises.
    ///
    /// # Errors
    /// `Encode` loses this event only. `DiskFull` and `Write` end the recording: what was flushed before stays
    /// readable, and everything later is `Stopped`.
    pub fn write(&mut self, event: &Event, lane: Lane) -> Result<Outcome, Error> {
        self.check()?;
        if self.full.is_none() && self.at_limit(event, lane)? {
            self.full = Some(Full {
                since: event.time,
                last: (event.seq, event.time),
                uncounted: 0,
                refused: 1,
            });
            self.append(&loss(event.seq, event.time, None, "size", 1), Lane::Story)?;
            self.flush(event.time)?;
            return Ok(Outcome::Full);
        }
        if let Some(full) = &mut self.full {
            full.last = (event.seq, event.time);
            full.uncounted += 1;
            full.refused += 1;
            return Ok(Outcome::Full);
        }
        self.append(event, lane)?;
        Ok(Outcome::Written)
    }

    /// Brings what waits into the file, if the last time is long enough ago. `now` is CLOCK_BOOTTIME in nanoseconds.
    ///
    /// # Errors
    /// `DiskFull`, `Write`, `Stopped`.
    pub fn tick(&mut self, now: u64) -> Result<(), Error> {
        self.check()?;
        if self.unflushed == 0 || now < self.last_flush.saturating_add(limits::FLUSH_EVERY) {
            return Ok(());
        }
        self.flush(now)
    }

    /// Writes the end line (an event of kind `end`), index and seek table.
    ///
    /// # Errors
    /// `DiskFull`, `Write`, `Stopped`, `Encode`. The events flushed before stay readable.
    pub fn finish(mut self, end: &Event) -> Result<(W, Summary), Error> {
        self.check()?;
        if self.hot.is_some() {
            self.close_group()?;
        }
        if let Some(full) = &self.full
            && full.uncounted > 0
        {
            let (seq, time) = full.last;
            let since = time.saturating_sub(full.since);
            let loss = loss(seq, time, Some(since), "size", full.uncounted);
            self.append(&loss, Lane::Story)?;
        }
        let refused = self.refused();
        self.append(end, Lane::Story)?;
        self.close_group()?;
        let (path, written) = (self.path.clone(), self.frames.written());
        let broken = |source| Error::from_write(&path, written, source);
        let index = index::write(&self.index).map_err(broken)?;
        self.frames.skippable(&index).map_err(broken)?;
        let (sink, bytes) = self.frames.finish().map_err(broken)?;
        let summary = Summary {
            bytes,
            events: self.events,
            refused,
        };
        Ok((sink, summary))
    }

    /// The sink as it is, as if the process had been killed.
    #[cfg(test)]
    pub(super) fn into_sink(self) -> W {
        self.frames.into_sink()
    }

    fn append(&mut self, event: &Event, lane: Lane) -> Result<(), Error> {
        let section = match lane {
            Lane::Story => &mut self.story,
            Lane::Hot => &mut self.hot,
        };
        let section = section.get_or_insert_with(|| Section::begin(event, lane));
        let before = section.text.len();
        section.push(event)?;
        self.unflushed += (section.text.len() - before) as u64;
        self.events += 1;
        let full = section.is_full(self.options.frame_bytes, self.options.frame_events);
        if lane == Lane::Story {
            section.hand_over(&mut self.pending);
        }
        if full {
            return self.close_group();
        }
        if self.pending.len() >= PIECE {
            return self.compress_pending();
        }
        Ok(())
    }

    fn flush(&mut self, now: u64) -> Result<(), Error> {
        self.last_flush = now;
        if self.hot.is_some() {
            return self.close_group();
        }
        self.compress_pending()?;
        let result = self.frames.flush();
        self.unflushed = 0;
        self.guard(result)
    }

    /// Ends the story frame and puts the hot lines of its time behind it.
    fn close_group(&mut self) -> Result<(), Error> {
        if let Some(story) = self.story.take() {
            self.compress_pending()?;
            self.end_frame(story)?;
        }
        if let Some(hot) = self.hot.take() {
            let result = self.frames.push(&hot.text);
            self.guard(result)?;
            self.end_frame(hot)?;
        }
        self.unflushed = 0;
        Ok(())
    }

    fn end_frame(&mut self, section: Section) -> Result<(), Error> {
        let result = self.frames.end();
        let placed = self.guard(result)?;
        self.index.push(section.placed(placed));
        Ok(())
    }

    fn compress_pending(&mut self) -> Result<(), Error> {
        let result = self.frames.push(&self.pending);
        self.pending.clear();
        self.guard(result)
    }

    /// No room for more events, with what the end still needs kept free.
    fn at_limit(&mut self, event: &Event, lane: Lane) -> Result<bool, Error> {
        let Some(max) = self.options.max_size else {
            return Ok(false);
        };
        let reserve = 4096 + 160 * (self.frames.count() + 4);
        let room = |writer: &Self| max.saturating_sub(reserve + writer.frames.written());
        // An event is a few hundred bytes, or 64 KiB of output: far from the limit nobody counts.
        if self.unflushed.saturating_add(limits::LINE as u64) < room(self) {
            return Ok(false);
        }
        let mut trial = Section::begin(event, lane);
        trial.push(event)?;
        let length = trial.text.len() as u64;
        // Not yet compressed text is at most as long in the file; near the limit its real length counts.
        if self.unflushed + length > room(self) {
            let now = self.last_flush;
            self.flush(now)?;
        }
        Ok(length >= room(self))
    }

    fn check(&self) -> Result<(), Error> {
        if self.stopped {
            return Err(Error::Stopped(self.path.clone()));
        }
        Ok(())
    }

    fn guard<T>(&mut self, result: std::io::Result<T>) -> Result<T, Error> {
        result.map_err(|source| {
            self.stopped = true;
            Error::from_write(&self.path, self.frames.written(), source)
        })
    }
}

fn loss(seq: Seq, time: u64, duration: Option<u64>, cause: &str, count: u64) -> Event {
    Event {
        seq,
        time,
        duration,
        process: None,
        tid: None,
        parent: None,
        late: false,
        kind: Kind::Loss(Loss {
            cause: Text::from(cause),
            count,
        }),
    }
}
