//! The end-to-end suite: small programs under the real kernel and the real recorder.
//!
//! Each module is a subject; each test traces programs of `programs/` and asks the trace. What a test needs from the
//! machine it says itself (`gate`): without it the test is skipped by name, in CI it fails.

mod attach;
mod bare;
mod calls;
mod capabilities;
mod check;
mod crashes;
mod damage;
mod diff;
mod discover;
mod doctor;
mod engines;
mod files;
mod gpu;
mod hostile;
mod known;
mod layouts;
mod loader;
mod neutral;
mod output;
mod parity;
mod questions;
mod real;
mod replay;
mod run;
mod runtime_tier;
mod scope;
mod screens;
mod secrets;
mod server_start;
mod shim;
mod so_far;
mod standin;
mod statics;
mod stories;
mod strace;
mod targets;
mod ways;
