//! Pointers to outputs and inputs.
//!
//! A pointer that cannot be one (NULL, the first pages, no address of user space) is refused. One that looks like a
//! pointer is believed, as in any C library.

use std::cell::Cell;
use std::ffi::c_void;
use std::marker::PhantomData;

use vgputrace_device::Code;

/// Below, nothing is ever mapped (`vm.mmap_min_addr`).
const LOWEST: usize = 0x1_0000;
/// Above, there is no user space on x86-64.
const HIGHEST: usize = 1 << 47;

thread_local! {
    /// What the next output of this thread's call is instead of the truth (a fault).
    static WRONG: Cell<Option<u64>> = const { Cell::new(None) };
}

/// An interface, for what it answers where a pointer cannot be one.
pub trait Interface: Copy {
    /// Its code for an argument that makes no sense.
    const REFUSED: Code;
}

/// Sets or clears the wrong value of this thread's call.
pub(crate) fn set_wrong(value: Option<u64>) {
    WRONG.set(value);
}

pub(crate) fn believe<I: Interface>(address: usize, bytes: usize) -> Result<(), Code> {
    let end = address.checked_add(bytes).ok_or(I::REFUSED)?;
    if address < LOWEST || end > HIGHEST {
        return Err(I::REFUSED);
    }
    Ok(())
}

/// Refuses a range of host memory that cannot be one.
///
/// # Errors
/// The interface's code for arguments that make no sense.
pub fn host_range<I: Interface>(address: u64, bytes: u64) -> Result<(), Code> {
    let narrow = |number: u64| usize::try_from(number).map_err(|_| I::REFUSED);
    believe::<I>(narrow(address)?, narrow(bytes)?)
}

/// Where a function writes a value.
#[repr(transparent)]
#[derive(Clone, Copy)]
pub struct Out<T, I>(*mut T, PhantomData<I>);

impl<T: Copy, I: Interface> Out<T, I> {
    /// Refuses what cannot be written.
    ///
    /// # Errors
    /// The interface's code for arguments that make no sense.
    pub fn check(self) -> Result<(), Code> {
        believe::<I>(self.0.addr(), size_of::<T>())
    }

    /// Writes.
    ///
    /// # Errors
    /// The interface's code for arguments that make no sense.
    pub fn set(self, value: T) -> Result<(), Code> {
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

    /// What is there now: some structures say by a field what the caller expects.
    ///
    /// # Errors
    /// The interface's code for arguments that make no sense.
    pub fn get(self) -> Result<T, Code> {
        In::<T, I>(self.0.cast_const(), PhantomData).get()
    }

    /// Writes where the caller wants it: NULL means no.
    ///
    /// # Errors
    /// The interface's code for arguments that make no sense.
    pub fn offer(self, value: T) -> Result<(), Code> {
        if self.0.is_null() {
            return Ok(());
        }
        self.set(value)
    }

    /// The place of this index in an array of outputs.
    #[must_use]
    pub fn at(self, index: usize) -> Self {
        Self(self.0.wrapping_add(index), PhantomData)
    }

    /// True where the caller does not want it.
    #[must_use]
    pub const fn is_null(self) -> bool {
        self.0.is_null()
    }
}

impl<I: Interface> Out<c_void, I> {
    /// A pointer that the program put into memory.
    #[must_use]
    pub fn from_address(address: u64) -> Self {
        let address = usize::try_from(address).unwrap_or_default();
        Self(std::ptr::with_exposed_provenance_mut(address), PhantomData)
    }

    /// The same place for another type, which another argument named.
    #[must_use]
    pub const fn of<T>(self) -> Out<T, I> {
        Out(self.0.cast(), PhantomData)
    }
}

/// Where a function reads a value.
#[repr(transparent)]
#[derive(Clone, Copy)]
pub struct In<T, I>(*const T, PhantomData<I>);

impl<T: Copy, I: Interface> In<T, I> {
    /// Reads.
    ///
    /// # Errors
    /// The interface's code for arguments that make no sense.
    pub fn get(self) -> Result<T, Code> {
        believe::<I>(self.0.addr(), size_of::<T>())?;
        // SAFETY: the C interface demands a pointer to a T here; NULL and impossible addresses were refused, and
        // alignment does not matter; T is plain data of C, for which any bytes are a value.
        Ok(unsafe { self.0.read_unaligned() })
    }

    /// The same place for another type.
    #[must_use]
    pub const fn cast<U>(self) -> In<U, I> {
        In(self.0.cast(), PhantomData)
    }

    /// The value of this index in an array of inputs.
    #[must_use]
    pub fn at(self, index: usize) -> Self {
        Self(self.0.wrapping_add(index), PhantomData)
    }

    /// True where the caller gives none.
    #[must_use]
    pub const fn is_null(self) -> bool {
        self.0.is_null()
    }
}

impl<I: Interface> In<u8, I> {
    /// An input of this crate.
    pub(crate) const fn from_pointer(pointer: *const u8) -> Self {
        Self(pointer, PhantomData)
    }

    /// A pointer that the program put into memory.
    #[must_use]
    pub fn from_address(address: u64) -> Self {
        let address = usize::try_from(address).unwrap_or_default();
        Self(std::ptr::with_exposed_provenance(address), PhantomData)
    }

    /// This many bytes, for the time of a call.
    ///
    /// # Errors
    /// The interface's code for arguments that make no sense.
    pub fn slice<'a>(self, bytes: u64) -> Result<&'a [u8], Code> {
        let length = usize::try_from(bytes).map_err(|_| I::REFUSED)?;
        believe::<I>(self.0.addr(), length)?;
        // SAFETY: the C interface demands an image here, whose own header gave this length; it does not change during
        // the call, and no slice outlives its call.
        Ok(unsafe { std::slice::from_raw_parts(self.0, length) })
    }
}

impl<I: Interface> In<c_void, I> {
    /// The same place for another type, which another argument named.
    #[must_use]
    pub const fn of<T>(self) -> In<T, I> {
        In(self.0.cast(), PhantomData)
    }

    /// The address.
    #[must_use]
    pub fn address(self) -> u64 {
        self.0.addr() as u64
    }
}
