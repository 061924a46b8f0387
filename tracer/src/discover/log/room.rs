//! Bounds on what is kept of a log: a count and bytes, and how often one message may be repeated.

use std::collections::BTreeMap;

/// Most bytes of text that are kept of one start of the server, all copies counted.
const MOST_BYTES: usize = 24 << 20;

/// Most lines, attempts, folders and words of children together.
const MOST_ENTRIES: usize = 40_000;

/// How often the same message is kept once the discovery is over: a server that runs for months repeats itself.
const MOST_REPEATS: u32 = 50;

/// Most bytes of one piece of text.
pub(super) const LONGEST_TEXT: usize = 16 << 10;

/// What may still be kept.
#[derive(Debug)]
pub(super) struct Room {
    bytes: usize,
    entries: usize,
    repeats: BTreeMap<String, u32>,
    left_out: u64,
}

impl Default for Room {
    fn default() -> Self {
        Self {
            bytes: MOST_BYTES,
            entries: MOST_ENTRIES,
            repeats: BTreeMap::new(),
            left_out: 0,
        }
    }
}

impl Room {
    /// Takes room for an entry of so many bytes; false when there is none.
    pub(super) const fn take(&mut self, bytes: usize) -> bool {
        if self.entries == 0 || self.bytes < bytes {
            self.left_out += 1;
            return false;
        }
        self.entries -= 1;
        self.bytes -= bytes;
        true
    }

    /// Whether this message was not repeated too often.
    pub(super) fn may_repeat(&mut self, message: &str) -> bool {
        /// Different messages that are counted.
        const MOST_MESSAGES: usize = 2000;
        let key: String = message.chars().take(60).collect();
        if !self.repeats.contains_key(&key) && self.repeats.len() >= MOST_MESSAGES {
            self.left_out += 1;
            return false;
        }
        let count = self.repeats.entry(key).or_default();
        *count = count.saturating_add(1);
        let may = *count <= MOST_REPEATS;
        self.left_out += u64::from(!may);
        may
    }

    /// How many entries there was no room for.
    pub(super) const fn left_out(&self) -> u64 {
        self.left_out
    }

    /// Bytes that were taken.
    #[cfg(test)]
    pub(super) const fn taken(&self) -> usize {
        MOST_BYTES - self.bytes
    }
}

/// The beginning of a text that is too long to be kept whole.
pub(super) fn shortened(text: &str) -> &str {
    if text.len() <= LONGEST_TEXT {
        return text;
    }
    let end = (0..=LONGEST_TEXT)
        .rev()
        .find(|at| text.is_char_boundary(*at));
    text.get(..end.unwrap_or(0)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::{LONGEST_TEXT, MOST_BYTES, MOST_REPEATS, Room, shortened};

    #[test]
    fn room_ends_and_what_was_left_out_is_counted() {
        let mut room = Room::default();
        assert!(room.take(MOST_BYTES) && !room.take(1) && room.take(0));
        assert_eq!((room.left_out(), room.taken()), (1, MOST_BYTES));
        for time in 0..=MOST_REPEATS {
            assert_eq!(room.may_repeat("again"), time < MOST_REPEATS);
        }
        assert_eq!(room.left_out(), 2);
    }

    #[test]
    fn long_text_is_cut_between_characters() {
        let text = "é".repeat(LONGEST_TEXT);
        assert!(shortened(&format!("x{text}")).len() < LONGEST_TEXT + 1);
        assert_eq!(shortened("short"), "short");
    }
}
