//! Result codes. `CUresult` and `cudaError_t` have the same numbers since CUDA 10.1, but for a few that the driver alone has.

/// A result code other than success.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Code(pub i32);

/// How a call ended.
pub type Outcome = Result<(), Code>;

impl Code {
    /// An argument makes no sense.
    pub const INVALID_VALUE: Self = Self(1);
    /// No memory left.
    pub const OUT_OF_MEMORY: Self = Self(2);
    /// The driver was not started in this process.
    pub const NOT_STARTED: Self = Self(3);
    /// Rows that are longer than the way from one to the next.
    pub const INVALID_PITCH: Self = Self(12);
    /// Not the address of a variable on the device.
    pub const INVALID_SYMBOL: Self = Self(13);
    /// A kind of copy that does not exist.
    pub const INVALID_COPY_DIRECTION: Self = Self(21);
    /// The driver is missing, or older than the runtime.
    pub const INSUFFICIENT_DRIVER: Self = Self(35);
    /// The driver lacks this function.
    pub const NEEDS_NEWER_DRIVER: Self = Self(36);
    /// A launch without `<<<...>>>` before it.
    pub const MISSING_CONFIGURATION: Self = Self(52);
    /// Not the address of a kernel.
    pub const INVALID_DEVICE_FUNCTION: Self = Self(98);
    /// There is no device.
    pub const NO_DEVICE: Self = Self(100);
    /// No device has this number.
    pub const INVALID_DEVICE: Self = Self(101);
    /// The thread has no context.
    pub const NO_CONTEXT: Self = Self(201);
    /// Not a handle, or one that this is not done with.
    pub const INVALID_HANDLE: Self = Self(400);
    /// This is not done here.
    pub const NOT_SUPPORTED: Self = Self(801);
    /// Nothing better is known.
    pub const UNKNOWN: Self = Self(999);

    /// A C result as an outcome.
    ///
    /// # Errors
    /// The code, when it is not 0.
    pub const fn check(result: i32) -> Outcome {
        if result == 0 {
            Ok(())
        } else {
            Err(Self(result))
        }
    }
}
