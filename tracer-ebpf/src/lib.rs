//! Wire records between the kernel side and user space: what a ring-buffer record looks like, byte by byte.
//!
//! `no_std`, no dependencies: the same text is compiled for the BPF target and for the recorder. The kernel side
//! fills the structures, user space reads them back field by field and checked ([`wire::Record::read`]), never by
//! a cast.
#![no_std]

pub mod wire;
