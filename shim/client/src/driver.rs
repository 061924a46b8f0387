//! Finds the driver and its functions: `dlopen("libcuda.so.1")` at the first call, `dlsym` at each function's first call.
//!
//! A link-time dependency would be simpler but is not what the real runtime has: without a driver that one loads, and answers
//! 35 (insufficient driver). It would also need a driver on the machine that builds.

use std::ffi::CStr;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::code::Code;

/// The driver's library, by the name every client uses.
const NAME: &CStr = c"libcuda.so.1";

/// One function of the driver.
#[derive(Debug)]
pub struct Entry {
    name: &'static CStr,
    /// 0 before the first call; 1 when the driver lacks it.
    at: AtomicUsize,
}

const MISSING: usize = 1;

impl Entry {
    /// A function by its name in the library.
    #[must_use]
    pub const fn new(name: &'static CStr) -> Self {
        Self {
            name,
            at: AtomicUsize::new(0),
        }
    }

    /// Its address.
    ///
    /// # Errors
    /// [`Code::INSUFFICIENT_DRIVER`] without a driver, [`Code::NEEDS_NEWER_DRIVER`] when the driver lacks the function.
    pub fn find(&self) -> Result<usize, Code> {
        match self.at.load(Ordering::Relaxed) {
            0 => self.look_up(),
            MISSING => Err(Code::NEEDS_NEWER_DRIVER),
            at => Ok(at),
        }
    }

    #[cold]
    fn look_up(&self) -> Result<usize, Code> {
        let library = library().ok_or(Code::INSUFFICIENT_DRIVER)?;
        // SAFETY: the handle came from dlopen and is never closed, the name ends with NUL.
        let found = unsafe {
            libc::dlsym(
                std::ptr::with_exposed_provenance_mut(library),
                self.name.as_ptr(),
            )
        };
        let at = found.expose_provenance().max(MISSING);
        self.at.store(at, Ordering::Relaxed);
        if at == MISSING {
            return Err(Code::NEEDS_NEWER_DRIVER);
        }
        Ok(at)
    }
}

/// The driver's handle, or nothing when it cannot be loaded; asked once per process.
fn library() -> Option<usize> {
    static LIBRARY: OnceLock<usize> = OnceLock::new();
    let handle = *LIBRARY.get_or_init(|| {
        // SAFETY: the name ends with NUL. The library's constructors run, as in every client of the driver.
        let handle = unsafe { libc::dlopen(NAME.as_ptr(), libc::RTLD_NOW | libc::RTLD_LOCAL) };
        handle.expose_provenance()
    });
    (handle != 0).then_some(handle)
}

/// Declares functions of the driver. Each is a Rust function of the same name that looks the foreign one up and calls it.
macro_rules! functions {
    ($($(#[$meta:meta])* $name:ident($($arg:ident: $type:ty),* $(,)?);)*) => {
        /// Each name with the bytes of its parameters.
        #[cfg(test)]
        static SIGNATURES: &[(&str, &[usize])] = &[$((stringify!($name), &[$(size_of::<$type>()),*])),*];

        $(
        $(#[$meta])*
        ///
        /// # Errors
        /// The driver's code; 35 without a driver, 36 when it lacks this function.
        pub fn $name($($arg: $type),*) -> $crate::Outcome {
            static ENTRY: $crate::driver::Entry = $crate::driver::Entry::new(
                match std::ffi::CStr::from_bytes_with_nul(concat!(stringify!($name), "\0").as_bytes()) {
                    Ok(name) => name,
                    Err(_) => c"",
                }
            );
            let at = ENTRY.find()?;
            // SAFETY: the address is that of this function, whose signature is cuda.h's.
            let function = unsafe {
                std::mem::transmute::<*const (), unsafe extern "C" fn($($type),*) -> i32>(
                    std::ptr::with_exposed_provenance(at),
                )
            };
            // SAFETY: the arguments are ours or those of the C caller, under the same contract.
            $crate::Code::check(unsafe { function($($arg),*) })
        }
        )*
    };
}
pub(crate) use functions;
