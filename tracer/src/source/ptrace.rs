//! The ptrace engine: the same records as the kernel side makes, without any right but the one to trace one's own children.
//!
//! A thread of its own follows the tree of processes. A seccomp filter stops the system calls of the event set and no
//! other; breakpoints in the memory of each process, never in a file, stop the functions of the plan that all engines
//! share. What a stop shows goes to the tracker as the records of `wire`, so everything behind them is the same code.
//!
//! - [`engine`](self): waits for stops and hands each to the file of its subject.
//! - `filter`, `system_calls`, `sockets`, `stream`, `paths`: system calls.
//! - `space`, `point`, `pass`, `functions`: breakpoints, and how a thread gets past one while it stays in place.
//! - `processes`, `early`, `exec`, `signals`: the life of processes.
//! - `running`: processes that somebody else has started, without filter and breakpoints.
//! - `link`, `session`: the way to the recorder's thread.

mod counts;
mod early;
mod engine;
mod error;
mod exec;
mod filter;
mod functions;
mod link;
mod memory;
mod pass;
mod paths;
mod plans;
mod point;
mod processes;
mod running;
mod session;
mod signals;
mod sockets;
mod space;
mod stream;
mod system_calls;

pub use error::Error;
pub use filter::filter;
pub use session::Session;
