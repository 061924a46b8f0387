//! The programs, one subject a file.

#![expect(unreachable_pub, reason = "the program macros need `pub`")]

mod argument;
mod count;
mod exec;
mod function;
mod open;
mod process;
mod signal;
mod stream;
mod syscall_enter;
mod syscall_exit;
mod text;
