//! Wire records between the kernel side and user space. `no_std`, no dependencies.
#![no_std]
