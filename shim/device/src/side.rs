//! Who does the work: this process now, a host with a real GPU later.
//!
//! Addresses are those that programs see as `CUdeviceptr`. Whoever calls has checked that the ranges lie within
//! allocations ([`crate::regions`]) and within the quota ([`crate::quota`]); a side only carries out.

#![expect(
    unsafe_code,
    reason = "whoever names ranges of memory by address must promise that they are valid"
)]

use crate::code::Code;

/// A launch of a kernel, for a side that can run it or a record that names it.
#[derive(Clone, Copy, Debug)]
pub struct Launch<'a> {
    /// The kernel's name in the image.
    pub kernel: &'a str,
    /// Blocks in x, y and z.
    pub grid: [u32; 3],
    /// Threads of a block in x, y and z.
    pub block: [u32; 3],
    /// Dynamic shared memory of a block, in bytes.
    pub shared: u32,
}

/// Memory that can be mapped at several addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Block(pub u64);

/// The side that does the work. Every call may block; none holds a lock of the caller.
pub trait Side: Send + Sync {
    /// Memory of a device, zeroed and readable at once.
    ///
    /// # Errors
    /// [`Code::OUT_OF_MEMORY`] when the side has none.
    fn allocate(&self, bytes: u64) -> Result<u64, Code>;

    /// Gives back what `allocate` gave.
    fn free(&self, address: u64, bytes: u64);

    /// Addresses without memory behind them; `wanted` is a wish, 0 for none. `alignment` is a power of two.
    ///
    /// # Errors
    /// [`Code::OUT_OF_MEMORY`] when there is no such range.
    fn reserve(&self, bytes: u64, alignment: u64, wanted: u64) -> Result<u64, Code>;

    /// Gives back what `reserve` gave; nothing is mapped there any more.
    fn release(&self, address: u64, bytes: u64);

    /// Memory without an address.
    ///
    /// # Errors
    /// [`Code::OUT_OF_MEMORY`] when the side has none.
    fn create(&self, bytes: u64) -> Result<Block, Code>;

    /// Gives back what `create` gave; addresses where it is mapped keep it.
    fn destroy(&self, block: Block);

    /// Puts a block's memory at reserved addresses, not yet accessible.
    ///
    /// # Errors
    /// [`Code::MAP_FAILED`] when the side cannot.
    fn map(&self, block: Block, offset: u64, address: u64, bytes: u64) -> Result<(), Code>;

    /// Takes memory away again; the addresses stay reserved.
    ///
    /// # Errors
    /// [`Code::UNKNOWN`] when the side cannot.
    fn unmap(&self, address: u64, bytes: u64) -> Result<(), Code>;

    /// Opens or closes mapped addresses.
    ///
    /// # Errors
    /// [`Code::UNKNOWN`] when the side cannot.
    fn protect(&self, address: u64, bytes: u64, access: Access) -> Result<(), Code>;

    /// Copies between any two ranges, of the device or of the host, which may overlap.
    ///
    /// # Safety
    /// Both ranges are valid for that for the whole call: those of the device by book-keeping, those of the host by the
    /// promise of the C caller.
    unsafe fn copy(&self, to: u64, from: u64, bytes: u64);

    /// Writes a pattern of 1, 2 or 4 bytes `count` times.
    ///
    /// # Safety
    /// As for [`Side::copy`].
    unsafe fn fill(&self, to: u64, pattern: Pattern, count: u64);

    /// Runs a kernel.
    ///
    /// # Errors
    /// [`Code::NOT_SUPPORTED`] for a side without a GPU.
    fn launch(&self, launch: &Launch<'_>) -> Result<(), Code>;
}

/// What may be done with mapped memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Nothing.
    None,
    /// Read.
    Read,
    /// Read and write.
    ReadWrite,
}

/// What `fill` writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pattern {
    /// Bytes.
    U8(u8),
    /// Words of 16 bits.
    U16(u16),
    /// Words of 32 bits.
    U32(u32),
}

impl Pattern {
    /// Bytes of one.
    #[must_use]
    pub const fn size(self) -> u64 {
        match self {
            Self::U8(_) => 1,
            Self::U16(_) => 2,
            Self::U32(_) => 4,
        }
    }
}
