//! Where events come from: engines, and facts read from the machine at record time.

pub mod ebpf;
