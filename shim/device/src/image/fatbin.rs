//! A fat binary: the same code for several architectures, as cubins and as PTX, mostly compressed.

use std::io::Read as _;

use super::{Image, cubin, ptx};
use crate::code::Code;
use crate::device::Compute;

const PTX: u16 = 1;
const CUBIN: u16 = 2;
/// Flags of an entry: compressed with LZ4, or with Zstandard.
const LZ4: u64 = 0x2000;
const ZSTANDARD: u64 = 0x8000;
/// An entry's header up to its sizes.
const HEADER: usize = 64;
/// The most that one entry may unpack to.
const LARGEST: u64 = 512 << 20;

struct Entry<'a> {
    kind: u16,
    /// 10 * major + minor.
    architecture: u32,
    flags: u64,
    unpacked: u64,
    bytes: &'a [u8],
}

/// Takes the entry that fits best: a cubin of the same major version and the highest minor one that is not above the
/// device's, else the newest PTX that is not above it.
pub(super) fn read(bytes: &[u8], compute: Compute) -> Result<Image, Code> {
    let device = u32::from(compute.major) * 10 + u32::from(compute.minor);
    let fits = |entry: &Entry<'_>| match entry.kind {
        CUBIN => entry.architecture / 10 == device / 10 && entry.architecture <= device,
        PTX => entry.architecture <= device,
        _ => false,
    };
    let best = entries(bytes)?
        .into_iter()
        .filter(fits)
        .max_by_key(|entry| (entry.kind, entry.architecture))
        .ok_or(Code::NO_BINARY_FOR_GPU)?;
    let unpacked;
    let code = if best.flags & ZSTANDARD != 0 {
        unpacked = unpack(&best)?;
        &unpacked
    } else if best.flags & LZ4 != 0 {
        unpacked = unpack_lz4(&best)?;
        &unpacked
    } else {
        best.bytes
    };
    if best.kind == PTX {
        ptx::read(code)
    } else {
        cubin::read(code)
    }
}

fn entries(bytes: &[u8]) -> Result<Vec<Entry<'_>>, Code> {
    let broken = Code::INVALID_IMAGE;
    let head = bytes.first_chunk::<16>().ok_or(broken)?;
    let &[_, _, _, _, _, _, a, b, ..] = head;
    let mut rest = bytes
        .get(usize::from(u16::from_le_bytes([a, b]))..)
        .ok_or(broken)?;
    let mut list = Vec::new();
    while let Some(header) = rest.get(..HEADER) {
        let number = |at: usize, size: usize| {
            let digits = header.get(at..at + size).unwrap_or_default();
            digits
                .iter()
                .rev()
                .fold(0_u64, |sum, byte| (sum << 8) | u64::from(*byte))
        };
        let start = usize::try_from(number(4, 4)).map_err(|_| broken)?;
        let payload = usize::try_from(number(8, 8)).map_err(|_| broken)?;
        let end = start.checked_add(payload).ok_or(broken)?;
        if start < HEADER {
            return Err(broken);
        }
        let whole = rest.get(start..end).ok_or(broken)?;
        // A payload is padded; its first bytes are the compressed code.
        let compressed = usize::try_from(number(16, 4)).map_err(|_| broken)?;
        let is_packed = number(40, 8) & (LZ4 | ZSTANDARD) != 0;
        let used = if is_packed {
            whole.get(..compressed).ok_or(broken)?
        } else {
            whole
        };
        list.push(Entry {
            kind: u16::try_from(number(0, 2)).unwrap_or_default(),
            architecture: u32::try_from(number(28, 4)).unwrap_or_default(),
            flags: number(40, 8),
            unpacked: number(56, 8),
            bytes: used,
        });
        rest = rest.get(end..).unwrap_or_default();
    }
    Ok(list)
}

fn unpack(entry: &Entry<'_>) -> Result<Vec<u8>, Code> {
    let broken = Code::INVALID_IMAGE;
    if entry.unpacked > LARGEST {
        return Err(broken);
    }
    let decoder = ruzstd::decoding::StreamingDecoder::new(entry.bytes).map_err(|_| broken)?;
    let mut code = Vec::new();
    decoder
        .take(entry.unpacked)
        .read_to_end(&mut code)
        .map_err(|_| broken)?;
    Ok(code)
}

/// What compilers before CUDA 13 use: one block without a frame.
fn unpack_lz4(entry: &Entry<'_>) -> Result<Vec<u8>, Code> {
    let broken = Code::INVALID_IMAGE;
    let size = usize::try_from(entry.unpacked).map_err(|_| broken)?;
    if entry.unpacked > LARGEST {
        return Err(broken);
    }
    lz4_flex::block::decompress(entry.bytes, size).map_err(|_| broken)
}
