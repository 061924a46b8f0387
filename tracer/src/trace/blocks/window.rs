//! The bytes of a file around the place that is read.

use std::io::{self, Read, Seek, SeekFrom};

/// Bytes read at once.
const READ: usize = 256 << 10;

/// A moving piece of a file. The input is handed in, so that two windows can share it.
pub(super) struct Window {
    bytes: Vec<u8>,
    /// How many of `bytes` are done with.
    taken: usize,
    /// Byte of the file after `bytes`.
    position: u64,
    /// Length of the file when it was opened.
    length: u64,
}

impl Window {
    pub(super) fn new(length: u64, offset: u64) -> Self {
        Self {
            bytes: Vec::new(),
            taken: 0,
            position: offset,
            length,
        }
    }

    pub(super) fn length(&self) -> u64 {
        self.length
    }

    /// Byte of the file where `rest` begins.
    pub(super) fn offset(&self) -> u64 {
        self.position - self.rest().len() as u64
    }

    /// What was read and is not taken.
    pub(super) fn rest(&self) -> &[u8] {
        self.bytes.get(self.taken..).unwrap_or(&[])
    }

    /// Goes on by `count` bytes, at most to the end of what was read.
    pub(super) fn take(&mut self, count: usize) {
        self.taken = self.taken.saturating_add(count).min(self.bytes.len());
    }

    /// Reads until `wanted` bytes are there or the file ends; how many there are.
    pub(super) fn fill<R: Read + Seek>(
        &mut self,
        input: &mut R,
        wanted: usize,
    ) -> io::Result<usize> {
        while self.rest().len() < wanted {
            self.bytes.drain(..self.taken);
            self.taken = 0;
            let have = self.bytes.len();
            let left = usize::try_from(self.length.saturating_sub(self.position)).unwrap_or(READ);
            self.bytes.resize(have + wanted.max(left.min(READ)), 0);
            // Another window may have moved the input.
            input.seek(SeekFrom::Start(self.position))?;
            let result = match self.bytes.get_mut(have..) {
                Some(room) => input.read(room),
                None => Ok(0),
            };
            let count = *result.as_ref().unwrap_or(&0);
            self.bytes.truncate(have + count);
            self.position += count as u64;
            match result {
                Ok(0) => break,
                Ok(_) => {}
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(self.rest().len())
    }

    /// Goes to a byte of the file.
    pub(super) fn go_to(&mut self, offset: u64) {
        let begin = self.position - self.bytes.len() as u64;
        let inside = offset
            .checked_sub(begin)
            .and_then(|at| usize::try_from(at).ok())
            .filter(|at| *at <= self.bytes.len());
        if let Some(at) = inside {
            self.taken = at;
        } else {
            self.bytes.clear();
            self.taken = 0;
            self.position = offset;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::Window;

    #[test]
    fn a_window_moves_forth_and_back_over_the_file() {
        let bytes: Vec<u8> = (0..=255).collect();
        let mut input = Cursor::new(&bytes);
        let mut window = Window::new(256, 10);
        assert_eq!(window.fill(&mut input, 4).unwrap(), 246);
        assert_eq!((window.offset(), window.rest()[0]), (10, 10));
        window.take(200);
        assert_eq!((window.offset(), window.rest()[0]), (210, 210));
        for place in [5, 250, 0] {
            window.go_to(place);
            assert!(window.fill(&mut input, 1).unwrap() > 0);
            assert_eq!(u64::from(window.rest()[0]), place);
        }
        window.go_to(1000);
        assert_eq!(window.fill(&mut input, 1).unwrap(), 0);
    }
}
