//! Bytes to lines, with a bound on each. UTF-16 as Windows' shells write it into files is turned into UTF-8.

use std::borrow::Cow;
use std::io::{self, BufRead, ErrorKind};

/// Longest line that is kept, in bytes; the rest of a longer one is dropped. Docker's driver writes 16 KiB of text as up to
/// six times that in JSON.
pub(super) const LONGEST: usize = 128 << 10;

/// The same of a line that begins a document of JSON: databases of logs give out thousands of lines as one.
const LONGEST_DOCUMENT: usize = 16 << 20;

/// Lines of a reader.
pub(super) struct Lines<R> {
    input: R,
    line: Vec<u8>,
    number: u64,
    cut: u64,
    wide: bool,
}

impl<R: BufRead> Lines<R> {
    /// Before the first line.
    pub(super) const fn new(input: R) -> Self {
        Self {
            input,
            line: Vec::new(),
            number: 0,
            cut: 0,
            wide: false,
        }
    }

    /// Goes to the next line and gives its number, from 1.
    pub(super) fn advance(&mut self) -> io::Result<Option<u64>> {
        self.line.clear();
        let mut length = 0_usize;
        loop {
            let buffer = match self.input.fill_buf() {
                Ok(buffer) => buffer,
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Err(error) => return Err(error),
            };
            if buffer.is_empty() {
                if length == 0 {
                    return Ok(None);
                }
                break;
            }
            let end = memchr::memchr(b'\n', buffer);
            let mut piece = buffer
                .get(..end.unwrap_or(buffer.len()))
                .unwrap_or_default();
            let used = piece.len() + usize::from(end.is_some());
            if self.line.len() < 2 {
                let missing = (2 - self.line.len()).min(piece.len());
                self.line
                    .extend_from_slice(piece.get(..missing).unwrap_or_default());
                piece = piece.get(missing..).unwrap_or_default();
            }
            let room = limit(&self.line)
                .saturating_sub(self.line.len())
                .min(piece.len());
            self.line
                .extend_from_slice(piece.get(..room).unwrap_or_default());
            length = length.saturating_add(used);
            self.input.consume(used);
            if end.is_some() {
                break;
            }
        }
        self.number += 1;
        self.cut += u64::from(length > limit(&self.line) + 1);
        if self.number == 1 {
            self.wide = self.line.starts_with(b"\xff\xfe");
        }
        Ok(Some(self.number))
    }

    /// The line without its end.
    pub(super) fn line(&self) -> Cow<'_, [u8]> {
        if self.wide {
            return Cow::Owned(narrow(&self.line));
        }
        let line = self.line.strip_suffix(b"\r").unwrap_or(&self.line);
        Cow::Borrowed(line.strip_prefix(b"\xef\xbb\xbf").unwrap_or(line))
    }

    /// Number of the line.
    pub(super) const fn number(&self) -> u64 {
        self.number
    }

    /// How many lines were longer than what is kept of one.
    pub(super) const fn cut(&self) -> u64 {
        self.cut
    }
}

/// Most bytes that are kept of a line that begins so.
fn limit(line: &[u8]) -> usize {
    let document = line.starts_with(b"{\"") || line.starts_with(b"[{");
    if document { LONGEST_DOCUMENT } else { LONGEST }
}

/// UTF-16, little end first. The second byte of the line end before stands at the begin.
fn narrow(line: &[u8]) -> Vec<u8> {
    let line = line.strip_prefix(b"\0").unwrap_or(line);
    let line = line.strip_prefix(b"\xff\xfe").unwrap_or(line);
    let units = line
        .as_chunks::<2>()
        .0
        .iter()
        .copied()
        .map(u16::from_le_bytes);
    let text: String = char::decode_utf16(units)
        .map(|letter| letter.unwrap_or(char::REPLACEMENT_CHARACTER))
        .collect();
    text.trim_end_matches('\r').as_bytes().to_vec()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{LONGEST, Lines};

    fn all(bytes: &[u8], buffer: usize) -> (Vec<Vec<u8>>, u64) {
        let mut lines = Lines::new(std::io::BufReader::with_capacity(buffer, bytes));
        let mut found = Vec::new();
        while lines.advance().unwrap().is_some() {
            found.push(lines.line().into_owned());
        }
        (found, lines.cut())
    }

    #[test]
    fn line_ends_marks_and_wide_characters_are_taken_off() {
        assert_eq!(
            all(b"\xef\xbb\xbfa\r\nb\n\nc", 2).0,
            [b"a".to_vec(), b"b".to_vec(), Vec::new(), b"c".to_vec()]
        );
        let mut wide = vec![0xff, 0xfe];
        wide.extend("é=1\r\n2\r\n".encode_utf16().flat_map(u16::to_le_bytes));
        assert_eq!(all(&wide, 3).0[..2], ["é=1".as_bytes(), b"2"]);
    }

    #[test]
    fn a_line_without_end_takes_bounded_memory() {
        let mut bytes = vec![b'x'; 3 * LONGEST];
        bytes.extend(b"\nnext");
        let (lines, cut) = all(&bytes, 4096);
        assert_eq!(
            (lines[0].len(), lines[1].as_slice(), cut),
            (LONGEST, b"next".as_slice(), 1)
        );
    }

    proptest! {
        #[test]
        fn lines_do_not_depend_on_the_buffer(bytes: Vec<u8>, buffer in 1..20_usize) {
            prop_assert_eq!(all(&bytes, buffer), all(&bytes, 1 << 16));
        }
    }
}
