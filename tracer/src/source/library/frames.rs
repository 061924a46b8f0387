//! Where a function ends, by its unwind entry: stripped libraries have these too.

use object::elf::PT_GNU_EH_FRAME;

use super::image::{Image, LE};

/// Encodings of `.eh_frame_hdr` that linkers write (DW_EH_PE_*): pointer to the frames, count, table.
const ENCODINGS: [u8; 4] = [1, 0x1b, 0x03, 0x3b];
/// Entries of the table at most.
const MOST: u32 = 1 << 22;

/// The size of the function that begins at an address, in bytes; `None` where there is no entry for exactly that place.
#[must_use]
pub fn extent_in_frames(image: &Image, address: u64) -> Option<u64> {
    let segment = image.segment(PT_GNU_EH_FRAME)?;
    let header = segment.p_vaddr.get(LE);
    let (offset, left) = image.place(header)?;
    let head = image.bytes(offset, left.min(12)).ok()?;
    if head.get(..4)? != ENCODINGS {
        return None;
    }
    let count = u32::from_le_bytes(head.get(8..12)?.try_into().ok()?).min(MOST);
    let row = |index: u32| -> Option<(u64, u64)> {
        let bytes = image
            .bytes(offset.checked_add(12 + u64::from(index) * 8)?, 8)
            .ok()?;
        let (place, entry) = bytes.split_at_checked(4)?;
        Some((relative(header, place)?, relative(header, entry)?))
    };
    let (mut low, mut high) = (0, count);
    while low < high {
        let middle = low + (high - low) / 2;
        if row(middle)?.0 < address {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    let (begin, entry) = row(low)?;
    (begin == address)
        .then(|| size(image, entry, address))
        .flatten()
}

/// Length and beginning of an entry are checked against the table: another encoding gives another beginning.
fn size(image: &Image, entry: u64, address: u64) -> Option<u64> {
    let bytes = image.bytes_at(entry, 16)?;
    let begin = relative(entry.checked_add(8)?, bytes.get(8..12)?)?;
    let size = u32::from_le_bytes(bytes.get(12..16)?.try_into().ok()?);
    (begin == address && size > 0).then_some(size.into())
}

fn relative(base: u64, bytes: &[u8]) -> Option<u64> {
    let distance = i32::from_le_bytes(bytes.try_into().ok()?);
    Some(base.wrapping_add_signed(distance.into()))
}
