//! Reading the memory of a stopped thread (process_vm_readv(2)). The program's own pages are brought in where needed.

use std::io::IoSliceMut;

use nix::sys::uio::{RemoteIoVec, process_vm_readv};
use nix::unistd::Pid;

/// Smallest page; a range that lies in one page is readable as a whole or not at all.
const PAGE: u64 = 4096;

/// Exactly `length` bytes; `None` when one of them cannot be read.
pub(super) fn bytes(tid: u32, address: u64, length: usize) -> Option<Vec<u8>> {
    let mut buffer = vec![0; length];
    (read(tid, address, &mut buffer) == length).then_some(buffer)
}

/// A number of the program.
pub(super) fn word(tid: u32, address: u64) -> Option<u64> {
    let mut buffer = [0; 8];
    (read(tid, address, &mut buffer) == 8).then(|| u64::from_ne_bytes(buffer))
}

/// A shorter number of the program.
pub(super) fn half(tid: u32, address: u64) -> Option<u32> {
    let mut buffer = [0; 4];
    (read(tid, address, &mut buffer) == 4).then(|| u32::from_ne_bytes(buffer))
}

/// A string with its NUL, at most `room` bytes; the last byte of one that is cut is made NUL, as the kernel's helper does.
/// `None` when it cannot be read up to there.
pub(super) fn string(tid: u32, address: u64, room: usize) -> Option<Vec<u8>> {
    let mut found = Vec::new();
    while found.len() < room {
        let here = address.checked_add(found.len() as u64)?;
        let in_page = (PAGE - here % PAGE) as usize;
        let start = found.len();
        // Most strings are short.
        let wanted = in_page
            .min(room - start)
            .min(if start == 0 { 256 } else { room });
        found.resize(start + wanted, 0);
        let part = found.get_mut(start..)?;
        if read(tid, here, part) != wanted {
            return None;
        }
        if let Some(end) = part.iter().position(|byte| *byte == 0) {
            found.truncate(start + end + 1);
            return Some(found);
        }
    }
    if let Some(last) = found.last_mut() {
        *last = 0;
    }
    Some(found)
}

/// Fills the buffer from its start; returns how far.
fn read(tid: u32, address: u64, buffer: &mut [u8]) -> usize {
    let (Ok(base), len) = (usize::try_from(address), buffer.len()) else {
        return 0;
    };
    if base.checked_add(len).is_none() {
        return 0;
    }
    let remote = [RemoteIoVec { base, len }];
    let pid = Pid::from_raw(tid.cast_signed());
    process_vm_readv(pid, &mut [IoSliceMut::new(buffer)], &remote).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::{bytes, string, word};

    #[test]
    fn memory_of_a_process_is_read_up_to_what_is_there() {
        let own = std::process::id();
        let text = [b"abc\0def".as_slice(), &[7; 5000], b"\0"].concat();
        let at = text.as_ptr() as u64;
        assert_eq!(string(own, at, 100).unwrap(), b"abc\0");
        assert_eq!(string(own, at + 4, 4).unwrap(), b"def\0");
        assert_eq!(string(own, at + 7, 4096).unwrap().len(), 4096);
        assert_eq!(string(own, at + 7, 8192).unwrap().len(), 5001);
        assert_eq!(bytes(own, at, 7).unwrap(), b"abc\0def");
        assert_eq!(
            word(own, at),
            text.first_chunk().map(|c| u64::from_ne_bytes(*c))
        );
        assert_eq!(bytes(own, 8, 4), None);
        assert_eq!(string(own, u64::MAX, 4), None);
    }
}
