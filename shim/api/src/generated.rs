//! What `cargo xtask gen` writes: names, types and numbers of the driver and NVML.

pub(crate) mod c_types;
pub(crate) mod cuda;
pub(crate) mod enums;
pub(crate) mod nvml;
