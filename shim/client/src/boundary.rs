//! What crosses the C boundary: opaque handles, and pointers that a C caller handed in.
//!
//! [`In`], [`Out`] and [`Text`] are as good as the caller's pointers, and live as long as one call. NULL is looked at everywhere; that
//! another pointer is valid is the caller's word, as in every C library.

use std::ffi::{CStr, c_char, c_void};

use crate::code::{Code, Outcome};

/// An opaque pointer: a stream, an event, a function, a place in memory that only the driver looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(transparent)]
pub struct Handle(pub *mut c_void);

// SAFETY: a handle is a number to us, it is never followed.
unsafe impl Send for Handle {}
// SAFETY: as above.
unsafe impl Sync for Handle {}

impl Handle {
    /// No handle; for streams the default one.
    pub const NULL: Self = Self(std::ptr::null_mut());

    /// A handle with this value.
    #[must_use]
    pub const fn new(value: usize) -> Self {
        Self(std::ptr::without_provenance_mut(value))
    }

    /// Whether it is NULL.
    #[must_use]
    pub fn is_null(self) -> bool {
        self.0.is_null()
    }

    /// Its value as a key.
    #[must_use]
    pub fn value(self) -> usize {
        self.0.addr()
    }
}

impl Default for Handle {
    fn default() -> Self {
        Self::NULL
    }
}

/// Where a result goes.
#[derive(Debug)]
#[repr(transparent)]
pub struct Out<T>(*mut T);

impl<T> Clone for Out<T> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<T> Copy for Out<T> {}

impl<T> Out<T> {
    /// The result is not wanted.
    pub const NONE: Self = Self(std::ptr::null_mut());

    /// A place of ours, for one call of the driver.
    #[must_use]
    pub const fn to(place: &mut T) -> Self {
        Self(place)
    }

    /// The start of places of ours, for one call of the driver.
    #[must_use]
    pub const fn to_all(places: &mut [T]) -> Self {
        Self(places.as_mut_ptr())
    }

    /// Whether it is NULL.
    #[must_use]
    pub fn is_null(self) -> bool {
        self.0.is_null()
    }

    /// Stores the result.
    ///
    /// # Errors
    /// [`Code::INVALID_VALUE`] for NULL.
    pub fn set(self, value: T) -> Outcome {
        if self.is_null() {
            return Err(Code::INVALID_VALUE);
        }
        // SAFETY: not NULL, and the C caller says that a T may be stored there.
        unsafe { self.0.write_unaligned(value) };
        Ok(())
    }

    /// What is there now.
    ///
    /// # Errors
    /// [`Code::INVALID_VALUE`] for NULL.
    pub fn get(self) -> Result<T, Code>
    where
        T: Copy,
    {
        In(self.0.cast_const()).get()
    }
}

/// Something that a caller describes.
#[derive(Debug)]
#[repr(transparent)]
pub struct In<T>(*const T);

impl<T> Clone for In<T> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<T> Copy for In<T> {}

impl<T: Copy> In<T> {
    /// Nothing.
    pub const NONE: Self = Self(std::ptr::null());

    /// A value of ours, for one call of the driver.
    #[must_use]
    pub const fn from(value: &T) -> Self {
        Self(value)
    }

    /// The first of some values of ours, for one call of the driver.
    #[must_use]
    pub const fn first(values: &[T]) -> Self {
        Self(values.as_ptr())
    }

    /// Whether it is NULL.
    #[must_use]
    pub fn is_null(self) -> bool {
        self.0.is_null()
    }

    /// A value at an address that a caller gave.
    #[must_use]
    pub fn at(address: u64) -> Self {
        Self(std::ptr::with_exposed_provenance(address as usize))
    }

    /// One of several values.
    ///
    /// # Errors
    /// [`Code::INVALID_VALUE`] for NULL.
    pub fn nth(self, index: usize) -> Result<T, Code> {
        if self.is_null() {
            return Err(Code::INVALID_VALUE);
        }
        // SAFETY: the C caller says that so many values are there.
        Self(unsafe { self.0.add(index) }).get()
    }

    /// The value.
    ///
    /// # Errors
    /// [`Code::INVALID_VALUE`] for NULL.
    pub fn get(self) -> Result<T, Code> {
        if self.is_null() {
            return Err(Code::INVALID_VALUE);
        }
        // SAFETY: not NULL, and the C caller says that a T is there.
        Ok(unsafe { self.0.read_unaligned() })
    }
}

/// A C string.
#[derive(Clone, Copy, Debug)]
#[repr(transparent)]
pub struct Text(*const c_char);

impl Text {
    /// One of ours.
    #[must_use]
    pub const fn from(text: &'static CStr) -> Self {
        Self(text.as_ptr())
    }

    /// Whether it is NULL.
    #[must_use]
    pub fn is_null(self) -> bool {
        self.0.is_null()
    }

    /// Its address: a text of a loaded library, which outlives what is registered with it.
    #[must_use]
    pub const fn handle(self) -> Handle {
        Handle(self.0.cast_mut().cast())
    }

    /// A text by its address.
    #[must_use]
    pub const fn at(place: Handle) -> Self {
        Self(place.0.cast_const().cast())
    }
}
