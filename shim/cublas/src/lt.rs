//! `libcublasLt.so.12` and `libcublasLt.so.13` for programs on the shim's virtual GPU: handles are made and dropped, everything else is not
//! supported. No backend of ggml asks for more; that the file is there keeps those that name it loadable.
//!
//! It stands alone: no driver, no other library.

#![expect(unsafe_code, reason = "exported functions and the memory of C callers")]

use std::ffi::c_char;
use std::sync::atomic::{AtomicUsize, Ordering};

const NOT_INITIALIZED: i32 = 1;
const INVALID_VALUE: i32 = 7;
const NOT_SUPPORTED: i32 = 15;

/// Handles are numbers that look like aligned addresses, and none is given out twice.
static NEXT: AtomicUsize = AtomicUsize::new(0x1000);

/// Functions the build script found missing.
macro_rules! refused {
    ($($name:ident)*) => {$(
        #[unsafe(no_mangle)]
        extern "C" fn $name() -> i32 {
            NOT_SUPPORTED
        }
    )*};
}
include!(concat!(env!("OUT_DIR"), "/refused.rs"));

/// `cublasLtCreate`.
#[unsafe(no_mangle)]
extern "C" fn cublasLtCreate(to: Option<&mut usize>) -> i32 {
    let Some(to) = to else {
        return INVALID_VALUE;
    };
    *to = NEXT.fetch_add(16, Ordering::Relaxed);
    0
}

/// `cublasLtDestroy`.
#[unsafe(no_mangle)]
extern "C" fn cublasLtDestroy(handle: usize) -> i32 {
    let is_ours = (0x1000..NEXT.load(Ordering::Relaxed)).contains(&handle);
    if is_ours { 0 } else { NOT_INITIALIZED }
}

/// `cublasLtGetVersion`.
#[unsafe(no_mangle)]
extern "C" fn cublasLtGetVersion() -> usize {
    if cfg!(cuda12) { 120_900 } else { 130_000 }
}

/// `cublasLtGetCudartVersion`.
#[unsafe(no_mangle)]
extern "C" fn cublasLtGetCudartVersion() -> usize {
    if cfg!(cuda12) { 12_090 } else { 13_000 }
}

/// `cublasLtGetStatusName`, of the statuses that come from here.
#[unsafe(no_mangle)]
extern "C" fn cublasLtGetStatusName(status: i32) -> *const c_char {
    let name = match status {
        0 => c"CUBLAS_STATUS_SUCCESS",
        NOT_INITIALIZED => c"CUBLAS_STATUS_NOT_INITIALIZED",
        INVALID_VALUE => c"CUBLAS_STATUS_INVALID_VALUE",
        NOT_SUPPORTED => c"CUBLAS_STATUS_NOT_SUPPORTED",
        _ => c"unrecognized status",
    };
    name.as_ptr()
}

/// `cublasLtGetStatusString`.
#[unsafe(no_mangle)]
extern "C" fn cublasLtGetStatusString(status: i32) -> *const c_char {
    let text = match status {
        0 => c"success",
        NOT_INITIALIZED => c"the library was not initialized",
        INVALID_VALUE => c"an unsupported value or parameter was passed to the function",
        NOT_SUPPORTED => c"the requested functionality is not supported",
        _ => c"unrecognized status",
    };
    text.as_ptr()
}
