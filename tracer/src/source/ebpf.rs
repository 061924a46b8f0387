//! The eBPF engine: loads the kernel side, attaches it, reads its ring.

pub mod btf;
pub mod error;
pub mod kernel;
pub mod load;

pub use error::Error;
