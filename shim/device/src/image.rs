//! Device code: which kernels an image holds and what parameters they take. Nothing is compiled or run.
//!
//! Input: the bytes of a fat binary, a cubin or PTX, from a program or a file, so nothing in them is believed. The
//! formats are NVIDIA's: of cubins the ELF part is documented, the rest is read as `cuobjdump` shows it.

mod cubin;
mod fatbin;
mod ptx;

use std::sync::Arc;

use crate::code::Code;
use crate::device::Compute;

/// The most kernels of one image; the largest known has some thousands.
const MOST_KERNELS: usize = 1 << 17;
/// The most parameters of one kernel (4 KiB of them, one byte each at least).
const MOST_PARAMETERS: usize = 4096;

/// An image, or the part of a fat binary that fits a device.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Image {
    /// Its kernels, in their order in the image.
    pub kernels: Vec<Arc<Kernel>>,
}

/// A kernel.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Kernel {
    /// Its name, as the compiler wrote it.
    pub name: String,
    /// Its parameters.
    pub parameters: Vec<Parameter>,
    /// Registers of a thread; 0 where the image does not say.
    pub registers: u32,
}

/// A parameter, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Parameter {
    /// Where it begins in the block of parameters.
    pub offset: u32,
    /// How long it is.
    pub size: u32,
}

/// What kind of image begins so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A structure that points to a fat binary.
    Wrapper,
    /// A fat binary.
    Fatbin,
    /// A cubin.
    Cubin,
    /// Text.
    Ptx,
}

impl Kind {
    /// By the first four bytes.
    #[must_use]
    pub const fn of(start: [u8; 4]) -> Self {
        match start {
            [0xb1, 0x43, 0x62, 0x46] => Self::Wrapper,
            [0x50, 0xed, 0x55, 0xba] => Self::Fatbin,
            [0x7f, b'E', b'L', b'F'] => Self::Cubin,
            _ => Self::Ptx,
        }
    }
}

/// Bytes of a fat binary by its first 16.
#[must_use]
pub fn fatbin_length(head: [u8; 16]) -> Option<u64> {
    let [_, _, _, _, _, _, header @ .., a, b, c, d, e, f, g, h] = head;
    let size = u64::from_le_bytes([a, b, c, d, e, f, g, h]);
    size.checked_add(u64::from(u16::from_le_bytes(header)))
}

/// Bytes of a cubin, given a reader of its first bytes: to the end of the section table or the last section.
pub fn cubin_length(read: impl Fn(u64, u64) -> Option<Vec<u8>>) -> Option<u64> {
    cubin::length(read)
}

/// Reads an image for a device.
///
/// # Errors
/// 209 when nothing in it fits the device, 200 when it is broken, 218 for text that is no PTX, 801 for a compression
/// that is not read.
pub fn read(bytes: &[u8], compute: Compute) -> Result<Image, Code> {
    let start = bytes.first_chunk().copied().unwrap_or_default();
    match Kind::of(start) {
        Kind::Wrapper => Err(Code::INVALID_IMAGE),
        Kind::Fatbin => fatbin::read(bytes, compute),
        Kind::Cubin => cubin::read(bytes),
        Kind::Ptx => ptx::read(bytes),
    }
}

/// A kernel made of parts, for the readers.
fn kernel(name: &str, parameters: Vec<Parameter>, registers: u32) -> Arc<Kernel> {
    Arc::new(Kernel {
        name: name.to_owned(),
        parameters,
        registers,
    })
}

#[cfg(test)]
mod tests;
