//! The eBPF engine: loads the kernel side, attaches it, reads its ring.

pub mod attach;
pub mod awaited;
pub mod btf;
pub mod counts;
pub mod error;
pub mod kernel;
pub mod load;
pub mod ring;
pub mod session;
#[cfg(test)]
mod stack;

pub use error::Error;
