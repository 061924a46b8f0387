//! The side that does the work here: device memory is host memory of this process, taken when it is touched; no kernel
//! runs.

use std::ffi::c_void;
use std::os::fd::RawFd;
use std::ptr::{self, NonNull};
use std::sync::atomic::AtomicU32;

use vgputrace_abi::note;
use vgputrace_device::Code;
use vgputrace_device::config::Launches;
use vgputrace_device::side::{Access, Block, Launch, Pattern, Side};

/// This process.
#[derive(Debug)]
pub(crate) struct Local {
    /// What happens to launches.
    pub(crate) launches: Launches,
}

/// A word that is 0 in the child of a fork, whatever it is here. None when the kernel has no such memory.
pub(crate) fn word_wiped_by_fork() -> Option<&'static AtomicU32> {
    let page = anonymous(4096, libc::PROT_READ | libc::PROT_WRITE)?;
    // SAFETY: the page was just mapped, has this size, and is never unmapped.
    let wiped = unsafe { libc::madvise(page.as_ptr(), 4096, libc::MADV_WIPEONFORK) };
    if wiped != 0 {
        return None;
    }
    // SAFETY: the page is zeroed, aligned, never unmapped, and only ever used through this reference.
    Some(unsafe { page.cast::<AtomicU32>().as_ref() })
}

/// Private memory at any address, which costs nothing until it is touched.
fn anonymous(bytes: usize, protection: i32) -> Option<NonNull<c_void>> {
    let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_NORESERVE;
    // SAFETY: a new mapping at an address that the kernel chooses touches no memory that is in use.
    let address = unsafe { libc::mmap(ptr::null_mut(), bytes, protection, flags, -1, 0) };
    NonNull::new(address).filter(|_| address != libc::MAP_FAILED)
}

fn unmap(address: u64, bytes: usize) {
    // SAFETY: whoever calls owns this mapping and has taken it out of the book-keeping, so nobody uses it any more.
    let _ = unsafe { libc::munmap(pointer(address), bytes) };
}

/// An address that was exposed when it was handed to the program.
fn pointer(address: u64) -> *mut c_void {
    ptr::with_exposed_provenance_mut(usize::try_from(address).unwrap_or_default())
}

fn length(bytes: u64) -> Result<usize, Code> {
    usize::try_from(bytes).map_err(|_| Code::OUT_OF_MEMORY)
}

impl Side for Local {
    fn allocate(&self, bytes: u64) -> Result<u64, Code> {
        let page = anonymous(length(bytes)?, libc::PROT_READ | libc::PROT_WRITE)
            .ok_or(Code::OUT_OF_MEMORY)?;
        Ok(page.as_ptr().expose_provenance() as u64)
    }

    fn free(&self, address: u64, bytes: u64) {
        unmap(address, length(bytes).unwrap_or_default());
    }

    fn reserve(&self, bytes: u64, alignment: u64, wanted: u64) -> Result<u64, Code> {
        let whole = bytes.checked_add(alignment).ok_or(Code::OUT_OF_MEMORY)?;
        if let Some(address) = exactly(wanted, length(bytes)?) {
            return Ok(address);
        }
        let start = anonymous(length(whole)?, libc::PROT_NONE).ok_or(Code::OUT_OF_MEMORY)?;
        let start = start.as_ptr().expose_provenance() as u64;
        let aligned = start.next_multiple_of(alignment);
        // What lies before and behind the aligned range goes back at once.
        let (before, behind) = (aligned - start, whole - bytes - (aligned - start));
        if before > 0 {
            unmap(start, length(before)?);
        }
        if behind > 0 {
            unmap(aligned + bytes, length(behind)?);
        }
        Ok(aligned)
    }

    fn release(&self, address: u64, bytes: u64) {
        unmap(address, length(bytes).unwrap_or_default());
    }

    fn create(&self, bytes: u64) -> Result<Block, Code> {
        // SAFETY: the name is a C string; the call touches no memory of ours.
        let file = unsafe { libc::memfd_create(c"vgpu".as_ptr(), libc::MFD_CLOEXEC) };
        if file < 0 {
            return Err(Code::OUT_OF_MEMORY);
        }
        let size = i64::try_from(bytes).map_err(|_| Code::OUT_OF_MEMORY)?;
        // SAFETY: the descriptor was just made and is ours.
        if unsafe { libc::ftruncate(file, size) } != 0 {
            close(file);
            return Err(Code::OUT_OF_MEMORY);
        }
        Ok(Block(u64::try_from(file).unwrap_or_default()))
    }

    fn destroy(&self, block: Block) {
        if let Ok(file) = RawFd::try_from(block.0) {
            close(file);
        }
    }

    fn map(&self, block: Block, offset: u64, address: u64, bytes: u64) -> Result<(), Code> {
        let file = RawFd::try_from(block.0).map_err(|_| Code::MAP_FAILED)?;
        let offset = i64::try_from(offset).map_err(|_| Code::MAP_FAILED)?;
        let (bytes, flags) = (length(bytes)?, libc::MAP_SHARED | libc::MAP_FIXED);
        // SAFETY: the book-keeping has this range as reserved by this library and as not mapped, so nobody uses what is
        // replaced.
        let mapped = unsafe {
            libc::mmap(
                pointer(address),
                bytes,
                libc::PROT_NONE,
                flags,
                file,
                offset,
            )
        };
        if mapped == libc::MAP_FAILED {
            return Err(Code::MAP_FAILED);
        }
        Ok(())
    }

    fn unmap(&self, address: u64, bytes: u64) -> Result<(), Code> {
        let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_NORESERVE | libc::MAP_FIXED;
        let (bytes, nothing) = (length(bytes)?, libc::PROT_NONE);
        // SAFETY: the book-keeping had this range as mapped by this library and took it out, so nobody uses what is
        // replaced.
        let mapped = unsafe { libc::mmap(pointer(address), bytes, nothing, flags, -1, 0) };
        if mapped == libc::MAP_FAILED {
            return Err(Code::UNKNOWN);
        }
        Ok(())
    }

    fn protect(&self, address: u64, bytes: u64, access: Access) -> Result<(), Code> {
        let protection = match access {
            Access::None => libc::PROT_NONE,
            Access::Read => libc::PROT_READ,
            Access::ReadWrite => libc::PROT_READ | libc::PROT_WRITE,
        };
        // SAFETY: the range is mapped by this library; only the program's own device memory changes.
        if unsafe { libc::mprotect(pointer(address), length(bytes)?, protection) } != 0 {
            return Err(Code::UNKNOWN);
        }
        Ok(())
    }

    unsafe fn copy(&self, to: u64, from: u64, bytes: u64) {
        let count = length(bytes).unwrap_or_default();
        // SAFETY: the caller promises that both ranges are valid; they may overlap, so this is no memcpy.
        unsafe { ptr::copy(pointer(from).cast::<u8>(), pointer(to).cast::<u8>(), count) };
    }

    unsafe fn fill(&self, to: u64, pattern: Pattern, count: u64) {
        let count = length(count).unwrap_or_default();
        let to = pointer(to);
        match pattern {
            // SAFETY: the caller promises that the range is valid.
            Pattern::U8(value) => unsafe { ptr::write_bytes(to.cast::<u8>(), value, count) },
            Pattern::U16(value) => {
                for index in 0..count {
                    // SAFETY: the caller promises that the range is valid for `count` patterns.
                    unsafe { to.cast::<u16>().add(index).write_unaligned(value) };
                }
            }
            Pattern::U32(value) => {
                for index in 0..count {
                    // SAFETY: the caller promises that the range is valid for `count` patterns.
                    unsafe { to.cast::<u32>().add(index).write_unaligned(value) };
                }
            }
        }
    }

    fn launch(&self, launch: &Launch<'_>) -> Result<(), Code> {
        let Launch {
            kernel,
            grid,
            block,
            shared,
        } = launch;
        let what = format!("{kernel} grid {grid:?} block {block:?} shared {shared}");
        match self.launches {
            Launches::Refuse => {
                note::write("launch refused, there is no GPU", &what);
                Err(Code::NOT_SUPPORTED)
            }
            Launches::Record => {
                note::write("launch recorded, nothing computed", &what);
                Ok(())
            }
        }
    }
}

/// A reservation at one address, if nothing is there.
fn exactly(wanted: u64, bytes: usize) -> Option<u64> {
    if wanted == 0 {
        return None;
    }
    let flags =
        libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_NORESERVE | libc::MAP_FIXED_NOREPLACE;
    // SAFETY: with this flag the kernel replaces nothing that is in use.
    let address = unsafe { libc::mmap(pointer(wanted), bytes, libc::PROT_NONE, flags, -1, 0) };
    if address == libc::MAP_FAILED {
        return None;
    }
    let got = address.expose_provenance() as u64;
    if got != wanted {
        unmap(got, bytes);
        return None;
    }
    Some(got)
}

fn close(file: RawFd) {
    // SAFETY: the descriptor was made by this file, and its owner gives it up.
    let _ = unsafe { libc::close(file) };
}
