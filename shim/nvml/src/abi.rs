//! Arguments of NVML's functions. What cannot be a pointer is `NVML_ERROR_INVALID_ARGUMENT`.

use vgputrace_abi::Interface;
use vgputrace_device::Code;

/// Codes of `nvmlReturn_t`.
pub(crate) const UNINITIALIZED: Code = Code(1);
pub(crate) const INVALID_ARGUMENT: Code = Code(2);
pub(crate) const NOT_SUPPORTED: Code = Code(3);
pub(crate) const NOT_FOUND: Code = Code(6);
pub(crate) const INSUFFICIENT_SIZE: Code = Code(7);
pub(crate) const DRIVER_NOT_LOADED: Code = Code(9);
pub(crate) const GPU_IS_LOST: Code = Code(15);
pub(crate) const ARGUMENT_VERSION_MISMATCH: Code = Code(25);

/// NVML.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Nvml;

impl Interface for Nvml {
    const REFUSED: Code = INVALID_ARGUMENT;
}

/// Where a function writes a value.
pub(crate) type Out<T> = vgputrace_abi::Out<T, Nvml>;
/// A string of C.
pub(crate) type Text = vgputrace_abi::Text<Nvml>;
/// A buffer for a string.
pub(crate) type Buffer = vgputrace_abi::Buffer<Nvml>;

/// A device's handle; never looked through.
#[repr(transparent)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Handle(pub(crate) u64);

/// Writes a string that must fit as a whole.
pub(crate) fn write(buffer: Buffer, text: &str, length: u32) -> Result<(), Code> {
    let room = i32::try_from(length).map_err(|_| INVALID_ARGUMENT)?;
    if text.len() >= length as usize {
        return Err(INSUFFICIENT_SIZE);
    }
    buffer.set(text, room)
}
