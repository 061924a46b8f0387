//! The few system calls that need `unsafe`. Nothing else in this package may.
#![expect(unsafe_code, reason = "the one place for it")]

pub mod filter;
pub mod fork;
pub mod inherited;
pub mod load;
pub mod ptrace;
pub mod readiness;
pub mod reserved;
pub mod spawn;
