//! Strings and buffers for strings.

use std::ffi::c_char;
use std::marker::PhantomData;

use vgputrace_device::Code;

use crate::pointer::{In, Interface, believe};

/// Longest string that is read.
const LONGEST: usize = 1 << 16;

/// A string of C.
#[repr(transparent)]
#[derive(Clone, Copy)]
pub struct Text<I>(*const c_char, PhantomData<I>);

impl<I: Interface> Text<I> {
    /// Reads up to the NUL; bytes that are no UTF-8 become the replacement character.
    ///
    /// # Errors
    /// The interface's code for arguments that make no sense.
    pub fn get(self) -> Result<String, Code> {
        let start = In::<u8, I>::from_pointer(self.0.cast());
        let mut bytes = Vec::new();
        while bytes.len() < LONGEST {
            match start.at(bytes.len()).get()? {
                0 => return Ok(String::from_utf8_lossy(&bytes).into_owned()),
                byte => bytes.push(byte),
            }
        }
        Err(I::REFUSED)
    }
}

/// A buffer for a string; its length is another argument.
#[repr(transparent)]
#[derive(Clone, Copy)]
pub struct Buffer<I>(*mut c_char, PhantomData<I>);

impl<I: Interface> Buffer<I> {
    /// Writes as much as fits, and a NUL.
    ///
    /// # Errors
    /// The interface's code for arguments that make no sense.
    pub fn set(self, text: &str, length: i32) -> Result<(), Code> {
        let length = usize::try_from(length).map_err(|_| I::REFUSED)?;
        let room = length.checked_sub(1).ok_or(I::REFUSED)?;
        believe::<I>(self.0.addr(), length)?;
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
