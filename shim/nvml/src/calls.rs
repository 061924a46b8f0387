//! The exported functions, by subject. Parameters are named and typed as in NVML's header; `_v2` and the like are other
//! binary versions of a function.

mod identity;
mod library;
mod mig;
mod properties;
