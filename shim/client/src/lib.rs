//! The public CUDA driver API as a program calls it, for the libraries of the runtime tier.
//!
//! The driver is whatever `libcuda.so.1` the loader finds: the shim's, another one, or NVIDIA's. It is opened at the first call and
//! never at load time, and a function is looked up when it is first called. So a missing driver is an error code, as with the real
//! runtime, and a missing function is one too; nothing here is an undefined symbol.
//!
//! - [`driver`]: how the library and its functions are found. [`functions_table`]: the functions.
//! - [`boundary`]: what C callers hand in. [`code`]: result codes. [`copy`]: the structures that describe copies.

#![expect(unsafe_code, reason = "foreign functions and the memory of C callers")]

pub mod boundary;
pub mod code;
pub mod copy;
pub mod driver;
pub mod functions_table;

pub use boundary::{Handle, In, Out, Text};
pub use code::{Code, Outcome};
