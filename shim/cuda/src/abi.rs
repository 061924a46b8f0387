//! Arguments as C hands them over: pointers to outputs and inputs, strings, buffers, handles.
//!
//! A pointer that cannot be one (NULL, the first pages, no address of user space) is refused with
//! `CUDA_ERROR_INVALID_VALUE`. One that looks like a pointer is believed, as in any C library.

use std::cell::Cell;
use std::ffi::{c_char, c_void};

use vgputrace_device::Code;

/// Below, nothing is ever mapped (`vm.mmap_min_addr`).
const LOWEST: usize = 0x1_0000;
/// Above, there is no user space on x86-64.
const HIGHEST: usize = 1 << 47;
/// Longest string that is read.
const LONGEST: usize = 1 << 16;

thread_local! {
    /// What the next output of this thread's call is instead of the truth (a fault).
    static WRONG: Cell<Option<u64>> = const { Cell::new(None) };
}

/// Sets or clears the wrong value of this thread's call.
pub(crate) fn set_wrong(value: Option<u64>) {
    WRONG.set(value);
}

fn believe(address: usize, bytes: usize) -> Result<(), Code> {
    let end = address.checked_add(bytes).ok_or(Code::INVALID_VALUE)?;
    if address < LOWEST || end > HIGHEST {
        return Err(Code::INVALID_VALUE);
    }
    Ok(())
}

/// Refuses a range of host memory that cannot be one.
pub(crate) fn host_range(address: u64, bytes: u64) -> Result<(), Code> {
    let narrow = |number: u64| usize::try_from(number).map_err(|_| Code::INVALID_VALUE);
    believe(narrow(address)?, narrow(bytes)?)
}

/// Where a function writes a value.
#[repr(transparent)]
#[derive(Clone, Copy)]
pub(crate) struct Out<T>(*mut T);

impl<T: Copy> Out<T> {
    /// Refuses what cannot be written.
    pub(crate) fn check(self) -> Result<(), Code> {
        believe(self.0.addr(), size_of::<T>())
    }

    /// Writes.
    pub(crate) fn set(self, value: T) -> Result<(), Code> {
        self.check()?;
        // SAFETY: the C interface demands a pointer to a T here; NULL and impossible addresses were refused, and
        // alignment does not matter.
        unsafe { self.0.write_unaligned(value) };
        if let Some(wrong) = WRONG.take() {
            let bytes = wrong.to_le_bytes();
            let count = bytes.len().min(size_of::<T>());
            // SAFETY: at most the size of T is written to where a T was just written; every T of this crate is plain
            // data of C, for which any bytes are a value.
            unsafe {
                self.0
                    .cast::<u8>()
                    .copy_from_nonoverlapping(bytes.as_ptr(), count)
            };
        }
        Ok(())
    }

    /// Reads what is there: where a value goes in and another one out.
    pub(crate) fn get(self) -> Result<T, Code> {
        In(self.0.cast_const()).get()
    }

    /// Writes where the caller wants it: NULL means no.
    pub(crate) fn offer(self, value: T) -> Result<(), Code> {
        if self.0.is_null() {
            return Ok(());
        }
        self.set(value)
    }

    /// The place of this index in an array of outputs.
    pub(crate) fn at(self, index: usize) -> Self {
        Self(self.0.wrapping_add(index))
    }

    /// True where the caller does not want it.
    pub(crate) const fn is_null(self) -> bool {
        self.0.is_null()
    }
}

impl Out<c_void> {
    /// A pointer that the program put into memory.
    pub(crate) fn from_address(address: u64) -> Self {
        let address = usize::try_from(address).unwrap_or_default();
        Self(std::ptr::with_exposed_provenance_mut(address))
    }

    /// The same place for another type, which another argument named.
    pub(crate) const fn of<T>(self) -> Out<T> {
        Out(self.0.cast())
    }
}

/// Where a function reads a value.
#[repr(transparent)]
#[derive(Clone, Copy)]
pub(crate) struct In<T>(*const T);

impl<T: Copy> In<T> {
    /// Reads.
    pub(crate) fn get(self) -> Result<T, Code> {
        believe(self.0.addr(), size_of::<T>())?;
        // SAFETY: the C interface demands a pointer to a T here; NULL and impossible addresses were refused, and
        // alignment does not matter; T is plain data of C, for which any bytes are a value.
        Ok(unsafe { self.0.read_unaligned() })
    }

    /// The same place for another type.
    pub(crate) const fn cast<U>(self) -> In<U> {
        In(self.0.cast())
    }

    /// The value of this index in an array of inputs.
    pub(crate) fn at(self, index: usize) -> Self {
        Self(self.0.wrapping_add(index))
    }

    /// True where the caller gives none.
    pub(crate) const fn is_null(self) -> bool {
        self.0.is_null()
    }
}

impl In<u8> {
    /// A pointer that the program put into memory.
    pub(crate) fn from_address(address: u64) -> Self {
        let address = usize::try_from(address).unwrap_or_default();
        Self(std::ptr::with_exposed_provenance(address))
    }

    /// This many bytes, for the time of a call.
    pub(crate) fn slice<'a>(self, bytes: u64) -> Result<&'a [u8], Code> {
        let length = usize::try_from(bytes).map_err(|_| Code::INVALID_VALUE)?;
        believe(self.0.addr(), length)?;
        // SAFETY: the C interface demands an image here, whose own header gave this length; it does not change during
        // the call, and no slice outlives its call.
        Ok(unsafe { std::slice::from_raw_parts(self.0, length) })
    }
}

impl In<c_void> {
    /// The same place for another type, which another argument named.
    pub(crate) const fn of<T>(self) -> In<T> {
        In(self.0.cast())
    }

    /// The address.
    pub(crate) fn address(self) -> u64 {
        self.0.addr() as u64
    }
}

/// A string of C.
#[repr(transparent)]
#[derive(Clone, Copy)]
pub(crate) struct Text(*const c_char);

impl Text {
    /// Reads up to the NUL; bytes that are no UTF-8 become the replacement character.
    pub(crate) fn get(self) -> Result<String, Code> {
        let start = In(self.0.cast::<u8>());
        let mut bytes = Vec::new();
        while bytes.len() < LONGEST {
            match start.at(bytes.len()).get()? {
                0 => return Ok(String::from_utf8_lossy(&bytes).into_owned()),
                byte => bytes.push(byte),
            }
        }
        Err(Code::INVALID_VALUE)
    }
}

/// A buffer for a string; its length is another argument.
#[repr(transparent)]
#[derive(Clone, Copy)]
pub(crate) struct Buffer(*mut c_char);

impl Buffer {
    /// Writes as much as fits, and a NUL.
    pub(crate) fn set(self, text: &str, length: i32) -> Result<(), Code> {
        let length = usize::try_from(length).map_err(|_| Code::INVALID_VALUE)?;
        let room = length.checked_sub(1).ok_or(Code::INVALID_VALUE)?;
        believe(self.0.addr(), length)?;
        let bytes = text.as_bytes();
        let count = bytes.len().min(room);
        // SAFETY: the C interface demands a buffer of `length` bytes here; count is below that.
        unsafe {
            self.0
                .cast::<u8>()
                .copy_from_nonoverlapping(bytes.as_ptr(), count);
            self.0.add(count).write(0);
        }
        Ok(())
    }
}

/// An opaque handle. Ours are numbers and never looked through, so a wild one does no harm.
#[repr(transparent)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Handle(pub(crate) u64);

impl Handle {
    /// NULL.
    pub(crate) const NONE: Self = Self(0);
}
