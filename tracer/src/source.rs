//! Where events come from: engines, and facts read from the machine at record time.

pub mod advice;
pub mod clock;
pub mod discovery_end;
pub mod doctor;
pub mod ebpf;
pub mod facts;
pub mod hold;
pub mod host;
pub mod images;
pub mod library;
pub mod lookups;
pub mod model_output;
pub mod place;
pub mod plan;
pub mod ptrace;
pub mod record;
pub mod running;
pub mod screen;
pub mod session;
pub mod shim;
pub mod slow;
pub mod tracker;
pub mod tree;
pub mod unit;
pub mod user;
