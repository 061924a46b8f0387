//! `cublasStatus_t`: results, their names and texts, and the C boundary.

use std::ffi::CStr;
use std::panic::{AssertUnwindSafe, catch_unwind};

use vgputrace_client::{Code, Text};

/// A result other than success.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Status(i32);

/// How a call ended.
pub(crate) type Outcome = Result<(), Status>;

impl Status {
    /// No such handle, or no device.
    pub(crate) const NOT_INITIALIZED: Self = Self(1);
    /// No memory left.
    pub(crate) const ALLOC_FAILED: Self = Self(3);
    /// An argument makes no sense.
    pub(crate) const INVALID_VALUE: Self = Self(7);
    /// The device did not do its part.
    pub(crate) const EXECUTION_FAILED: Self = Self(13);
    /// A fault of ours.
    pub(crate) const INTERNAL_ERROR: Self = Self(14);
    /// This is not done here.
    pub(crate) const NOT_SUPPORTED: Self = Self(15);
}

impl From<Code> for Status {
    fn from(code: Code) -> Self {
        match code {
            Code::INVALID_VALUE => Self::INVALID_VALUE,
            Code::OUT_OF_MEMORY => Self::ALLOC_FAILED,
            Code::NOT_SUPPORTED | Code::NEEDS_NEWER_DRIVER => Self::NOT_SUPPORTED,
            Code::NOT_STARTED
            | Code::INSUFFICIENT_DRIVER
            | Code::NO_DEVICE
            | Code::INVALID_DEVICE
            | Code::NO_CONTEXT => Self::NOT_INITIALIZED,
            Code(_) => Self::EXECUTION_FAILED,
        }
    }
}

/// Runs what an exported function does; a panic stays inside.
pub(crate) fn enter(body: impl FnOnce() -> Outcome) -> i32 {
    match catch_unwind(AssertUnwindSafe(body)) {
        Ok(Ok(())) => 0,
        Ok(Err(status)) => status.0,
        Err(_) => Status::INTERNAL_ERROR.0,
    }
}

const UNRECOGNIZED: &CStr = c"unrecognized status";

/// Number, name and text as cuBLAS 12.9 and 13.10 give them.
static STATUSES: &[(i32, &CStr, &CStr)] = &[
    (0, c"CUBLAS_STATUS_SUCCESS", c"success"),
    (
        1,
        c"CUBLAS_STATUS_NOT_INITIALIZED",
        c"the library was not initialized",
    ),
    (
        3,
        c"CUBLAS_STATUS_ALLOC_FAILED",
        c"the resource allocation failed",
    ),
    (
        7,
        c"CUBLAS_STATUS_INVALID_VALUE",
        c"an unsupported value or parameter was passed to the function",
    ),
    (
        8,
        c"CUBLAS_STATUS_ARCH_MISMATCH",
        c"the function requires an architectural feature absent from the device",
    ),
    (
        11,
        c"CUBLAS_STATUS_MAPPING_ERROR",
        c"an access to GPU memory space failed",
    ),
    (
        13,
        c"CUBLAS_STATUS_EXECUTION_FAILED",
        c"the function failed to launch on the GPU",
    ),
    (
        14,
        c"CUBLAS_STATUS_INTERNAL_ERROR",
        c"an internal operation failed",
    ),
    (
        15,
        c"CUBLAS_STATUS_NOT_SUPPORTED",
        c"the requested functionality is not supported",
    ),
    (
        16,
        c"CUBLAS_STATUS_LICENSE_ERROR",
        c"the license check failed",
    ),
];

/// A status's name.
pub(crate) fn name(status: i32) -> Text {
    Text::from(find(status).map_or(UNRECOGNIZED, |row| row.1))
}

/// A status's text.
pub(crate) fn text(status: i32) -> Text {
    Text::from(find(status).map_or(UNRECOGNIZED, |row| row.2))
}

fn find(status: i32) -> Option<&'static (i32, &'static CStr, &'static CStr)> {
    STATUSES.iter().find(|row| row.0 == status)
}
