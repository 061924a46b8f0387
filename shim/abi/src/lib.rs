//! What the C interfaces of the virtual GPU share.
//!
//! - [`Out`], [`In`], [`Text`], [`Buffer`]: arguments as C hands them over.
//! - [`guard`]: what stands around every exported function. [`note`]: the log. [`export!`], [`refused!`]: exported functions.
#![expect(
    unsafe_code,
    reason = "a C interface: pointers of the caller, and crashes that were asked for"
)]

mod buffer;
pub mod guard;
mod macros;
pub mod note;
mod pointer;

pub use buffer::{Buffer, Text};
pub use pointer::{In, Interface, Out, host_range};
