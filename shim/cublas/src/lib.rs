//! `libcublas.so.12` and `libcublas.so.13` for programs on the shim's virtual GPU: products of matrices, computed on the CPU.
//!
//! Matrices are read and written by the driver's copies, in the order of the handle's stream, so it does not matter where the device's
//! memory is. While a stream is being captured the copies and the product become nodes of the graph ([`record`]). What is not in
//! [`exports_table`] is exported by the build script and answers `CUBLAS_STATUS_NOT_SUPPORTED`.
//!
//! One source is built twice, as packages `12` and `13`.

#![expect(
    unsafe_code,
    reason = "exported functions, the memory of C callers, a product over raw pointers"
)]

mod element;
mod exports_table;
mod gemm;
mod handle;
mod matrix;
mod product;
mod record;
mod status;
mod transfer;
mod triangular;
