//! `libcudart.so.12` and `libcudart.so.13` for programs on the shim's virtual GPU, over the public driver API alone.
//!
//! NVIDIA's own runtime asks the driver below whether it is NVIDIA's, and refuses others; this one asks for nothing but what cuda.h
//! declares. [`exports_table`] is the surface: what is not there is exported by the build script and answers
//! `cudaErrorNotSupported` (801). Nothing happens at load time but that kernels are noted down ([`registry`]); the first call opens the
//! driver. Work is done by the driver, whose codes are handed on.
//!
//! One source is built twice, as packages `12` and `13`; `cfg(cuda12)` marks what differs.

#![expect(unsafe_code, reason = "exported functions and the memory of C callers")]

mod code_table;
mod context;
mod copying;
mod device;
mod entry;
mod event;
mod exports_table;
mod graph;
mod kernel;
mod memory;
mod properties;
mod registry;
mod stream;
mod symbol;

/// The version this runtime says it is, as 1000 * major + 10 * minor. Of series 13 the first, so that every driver of the series serves it.
const VERSION: i32 = if cfg!(cuda12) { 12_090 } else { 13_000 };
