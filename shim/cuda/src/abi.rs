//! Arguments of the driver's functions. What cannot be a pointer is `CUDA_ERROR_INVALID_VALUE`.

use vgputrace_abi::Interface;
use vgputrace_device::Code;

/// The driver.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Driver;

impl Interface for Driver {
    const REFUSED: Code = Code::INVALID_VALUE;
}

/// Where a function writes a value.
pub(crate) type Out<T> = vgputrace_abi::Out<T, Driver>;
/// Where a function reads a value.
pub(crate) type In<T> = vgputrace_abi::In<T, Driver>;
/// A string of C.
pub(crate) type Text = vgputrace_abi::Text<Driver>;
/// A buffer for a string.
pub(crate) type Buffer = vgputrace_abi::Buffer<Driver>;

/// Refuses a range of host memory that cannot be one.
///
/// # Errors
/// 1.
pub(crate) fn host_range(address: u64, bytes: u64) -> Result<(), Code> {
    vgputrace_abi::host_range::<Driver>(address, bytes)
}

/// An opaque handle. Ours are numbers and never looked through, so a wild one does no harm.
#[repr(transparent)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Handle(pub(crate) u64);

impl Handle {
    /// NULL.
    pub(crate) const NONE: Self = Self(0);
}
