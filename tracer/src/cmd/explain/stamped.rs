//! A log that is read, and the time of its last line: which of two logs is the newer.

use std::io::{self, BufRead, Read};

use jiff::Timestamp;
use memchr::memmem;

/// What stands before the time in Ollama's lines (Go's slog, TextHandler).
const KEY: &[u8] = b"time=";
/// `time=2026-01-02T03:04:05.000+01:00` and a little more, in bytes.
const LONGEST: usize = 48;

/// Gives its input on, and remembers the last time in it.
pub(super) struct Stamped<R> {
    input: R,
    last: Option<Timestamp>,
    /// The end of what was read before: a time may lie across two reads.
    seam: Vec<u8>,
}

impl<R: BufRead> Stamped<R> {
    pub(super) fn new(input: R) -> Self {
        Self {
            input,
            last: None,
            seam: Vec::new(),
        }
    }

    /// The time of the last line so far that has one.
    pub(super) fn last(&self) -> Option<Timestamp> {
        self.last
    }
}

/// Looks at what was read.
fn note(bytes: &[u8], seam: &mut Vec<u8>, last: &mut Option<Timestamp>) {
    let (head, tail) = (
        LONGEST.min(bytes.len()),
        bytes.len().saturating_sub(LONGEST),
    );
    seam.extend_from_slice(bytes.get(..head).unwrap_or_default());
    if let Some(found) = last_in(bytes).or_else(|| last_in(seam)) {
        *last = Some(found);
    }
    if tail > 0 {
        seam.clear();
        seam.extend_from_slice(bytes.get(tail..).unwrap_or_default());
    }
    seam.drain(..seam.len().saturating_sub(LONGEST));
}

fn last_in(bytes: &[u8]) -> Option<Timestamp> {
    memmem::rfind_iter(bytes, KEY)
        .take(64)
        .find_map(|at| stamp(bytes.get(at + KEY.len()..)?))
}

fn stamp(bytes: &[u8]) -> Option<Timestamp> {
    let bytes = bytes.get(..LONGEST.min(bytes.len()))?;
    let end = bytes.iter().position(u8::is_ascii_whitespace)?;
    std::str::from_utf8(bytes.get(..end)?).ok()?.parse().ok()
}

impl<R: BufRead> Read for Stamped<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.input.read(buffer)?;
        let read = buffer.get(..count).unwrap_or_default();
        note(read, &mut self.seam, &mut self.last);
        Ok(count)
    }
}

impl<R: BufRead> BufRead for Stamped<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        self.input.fill_buf()
    }

    fn consume(&mut self, amount: usize) {
        // What is consumed is in the buffer: this reads nothing.
        if let Ok(bytes) = self.input.fill_buf() {
            let read = bytes.get(..amount).unwrap_or(bytes);
            note(read, &mut self.seam, &mut self.last);
        }
        self.input.consume(amount);
    }
}

#[cfg(test)]
mod tests {
    use std::io::{BufRead as _, BufReader, Read as _};

    use super::Stamped;

    #[test]
    fn the_last_time_is_that_of_the_last_line_that_has_one() {
        let log = "time=2026-01-02T03:04:05.000Z level=INFO msg=a\n\
                   time=2026-01-02T05:04:06.500+01:00 level=INFO msg=b\nplain\ntime=never msg=c\ntime=";
        let mut read = Stamped::new(BufReader::new(log.as_bytes()));
        assert_eq!(read.last(), None);
        assert_eq!((&mut read).lines().count(), 5);
        let last = read.last().expect("a time").to_string();
        assert_eq!(last, "2026-01-02T04:04:06.5Z");
        let mut whole = Stamped::new(log.as_bytes());
        let mut text = String::new();
        whole.read_to_string(&mut text).expect("it is text");
        assert_eq!(whole.last(), read.last());
        assert_eq!(text, log);
    }

    #[test]
    fn a_log_without_times_has_none() {
        for log in ["", "time=", "time= ", "time=\u{e9} x", "[GIN] 200\n"] {
            let mut read = Stamped::new(log.as_bytes());
            assert!((&mut read).lines().all(|line| line.is_ok()));
            assert_eq!(read.last(), None, "{log}");
        }
    }
}
