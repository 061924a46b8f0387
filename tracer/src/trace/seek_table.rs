//! The seek table of the zstd seekable format: sizes of all frames, in a skippable frame at the end of the file.
//!
//! Bytes in, bytes out. (contrib/seekable_format/zstd_seekable_compression_format.md of zstd.)

use super::foreign::SKIPPABLE;

/// Magic number of the skippable frame that holds it.
const FRAME_MAGIC: u32 = SKIPPABLE + 0xE;
/// The last four bytes of the file.
const FOOTER_MAGIC: u32 = 0x8F92_EAB1;
/// Number of frames, descriptor, magic.
pub(super) const FOOTER: u64 = 9;
/// Magic and size of a skippable frame.
pub(super) const SKIPPABLE_HEADER: u64 = 8;
/// More frames than this are not looked at: half a terabyte of JSON.
const MOST: u32 = 1 << 19;

/// Sizes of one frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    /// Bytes in the file.
    pub(super) size: u32,
    /// Bytes after decompression; 0 for a skippable frame.
    pub(super) json: u32,
}

/// Renders the table.
pub(super) fn write(entries: &[Entry]) -> Vec<u8> {
    let length = entries.len() * 8 + 9;
    let mut out = Vec::with_capacity(length + 8);
    let mut push = |number: u32| out.extend_from_slice(&number.to_le_bytes());
    push(FRAME_MAGIC);
    push(u32::try_from(length).unwrap_or(u32::MAX));
    for entry in entries {
        push(entry.size);
        push(entry.json);
    }
    push(u32::try_from(entries.len()).unwrap_or(u32::MAX));
    out.push(0);
    out.extend_from_slice(&FOOTER_MAGIC.to_le_bytes());
    out
}

/// The last 9 bytes of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Footer {
    count: u32,
    entry: u32,
}

impl Footer {
    /// Reads them; `None` when no seek table ends here, or one that is not sane.
    pub(super) fn parse(bytes: &[u8]) -> Option<Self> {
        let count = number(bytes, 0)?;
        let descriptor = *bytes.get(4)?;
        // Bit 7: entries carry checksums. Bits 2 to 6 are reserved and must be 0.
        if number(bytes, 5)? != FOOTER_MAGIC || descriptor & 0b0111_1100 != 0 || count > MOST {
            return None;
        }
        let entry = if descriptor & 0x80 == 0 { 8 } else { 12 };
        Some(Self { count, entry })
    }

    /// Length of the skippable frame that the footer ends, in bytes.
    pub(super) fn frame_length(self) -> u64 {
        SKIPPABLE_HEADER + u64::from(self.count) * u64::from(self.entry) + FOOTER
    }

    /// Reads the entries from that frame.
    pub(super) fn entries(self, frame: &[u8]) -> Option<Vec<Entry>> {
        let length = u64::try_from(frame.len()).ok()?;
        let payload = u64::from(number(frame, 4)?);
        if length != self.frame_length()
            || number(frame, 0)? != FRAME_MAGIC
            || payload != length - SKIPPABLE_HEADER
        {
            return None;
        }
        frame
            .get(8..)?
            .chunks_exact(usize::try_from(self.entry).ok()?)
            .take(usize::try_from(self.count).ok()?)
            .map(|entry| {
                Some(Entry {
                    size: number(entry, 0)?,
                    json: number(entry, 4)?,
                })
            })
            .collect()
    }
}

/// A little-endian number at an offset.
pub(super) fn number(bytes: &[u8], at: usize) -> Option<u32> {
    let bytes = bytes.get(at..at.checked_add(4)?)?;
    bytes.try_into().ok().map(u32::from_le_bytes)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Entry, Footer, write};

    proptest! {
        #[test]
        fn a_table_reads_back(sizes: Vec<(u32, u32)>) {
            let entries: Vec<_> = sizes.iter().map(|&(size, json)| Entry { size, json }).collect();
            let bytes = write(&entries);
            let footer = Footer::parse(&bytes[bytes.len() - 9..]).unwrap();
            prop_assert_eq!(footer.frame_length(), bytes.len() as u64);
            prop_assert_eq!(footer.entries(&bytes), Some(entries));
        }

        #[test]
        fn no_bytes_panic(footer: [u8; 9], frame: Vec<u8>) {
            if let Some(footer) = Footer::parse(&footer) {
                let _ = footer.entries(&frame);
            }
        }
    }
}
