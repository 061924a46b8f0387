//! Where events come from: engines, and facts read from the machine at record time.

pub mod advice;
pub mod discovery_end;
pub mod ebpf;
pub mod host;
pub mod library;
pub mod model_output;
pub mod screen;
pub mod unit;
pub mod user;
