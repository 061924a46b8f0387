//! The library's surface: every function that does something, with the C signature of cublas_api.h (types by their layout:
//! `u64` for addresses of memory, [`Handle`] for opaque ones). The build script adds the names that are missing here, as not supported.

use vgputrace_client::{Handle, Out, Text};

use crate::gemm::{Call, DOUBLE, HALF, Matrix, SINGLE, listed, many, one};
use crate::status::{Status, enter, name, text};
use crate::transfer::{End, Pieces, Way, pieces};
use crate::{handle, triangular};

/// One function each: name, parameters, what it does.
macro_rules! exports {
    ($($name:ident($($arg:ident: $type:ty),* $(,)?) => $body:expr;)*) => {$(
        #[unsafe(no_mangle)]
        #[expect(clippy::allow_attributes, reason = "signatures are NVIDIA's")]
        #[allow(clippy::too_many_arguments, reason = "signatures are NVIDIA's")]
        extern "C" fn $name($($arg: $type),*) -> i32 {
            enter(|| $body)
        }
    )*};
}

/// Functions the build script found missing.
macro_rules! refused {
    ($($name:ident)*) => {$(
        #[unsafe(no_mangle)]
        extern "C" fn $name() -> i32 {
            enter(|| Err(Status::NOT_SUPPORTED))
        }
    )*};
}
include!(concat!(env!("OUT_DIR"), "/refused.rs"));

/// `cublasGetStatusName`.
#[unsafe(no_mangle)]
extern "C" fn cublasGetStatusName(status: i32) -> Text {
    name(status)
}

/// `cublasGetStatusString`.
#[unsafe(no_mangle)]
extern "C" fn cublasGetStatusString(status: i32) -> Text {
    text(status)
}

/// `cublasGetCudartVersion`: of the runtime that it goes with.
#[unsafe(no_mangle)]
extern "C" fn cublasGetCudartVersion() -> usize {
    if cfg!(cuda12) { 12_090 } else { 13_000 }
}

/// The version it says it is: major, minor, patch.
const VERSION: [i32; 3] = if cfg!(cuda12) { [12, 9, 0] } else { [13, 0, 0] };

/// `cublasGetProperty`: 0 major, 1 minor, 2 patch.
fn property(which: i32, to: Out<i32>) -> Result<(), Status> {
    let at = usize::try_from(which)
        .ok()
        .and_then(|which| VERSION.get(which));
    Ok(to.set(*at.ok_or(Status::INVALID_VALUE)?)?)
}

fn version(to: Out<i32>) -> Result<(), Status> {
    let [major, minor, patch] = VERSION;
    Ok(to.set(major * 10_000 + minor * 100 + patch)?)
}

const fn matrix(address: u64, element: i32, leading: i32) -> Matrix {
    Matrix {
        address,
        element,
        leading,
    }
}

// CUDA_R_32F, CUDA_R_64F, CUDA_R_16F.
const R32: i32 = 0;
const R64: i32 = 1;
const R16: i32 = 2;

exports! {
    cublasCreate_v2(to: Out<Handle>) => handle::create(to);
    cublasDestroy_v2(handle: Handle) => handle::destroy(handle);
    cublasGetVersion_v2(_handle: Handle, to: Out<i32>) => version(to);
    cublasGetProperty(which: i32, to: Out<i32>) => property(which, to);
    cublasSetStream_v2(handle: Handle, stream: Handle) => handle::set_stream(handle, stream);
    cublasGetStream_v2(handle: Handle, to: Out<Handle>) => handle::stream(handle, to);
    cublasSetPointerMode_v2(handle: Handle, mode: i32) => handle::set_pointer_mode(handle, mode);
    cublasGetPointerMode_v2(handle: Handle, to: Out<i32>) => handle::pointer_mode(handle, to);
    cublasSetMathMode(handle: Handle, mode: i32) => handle::set_math_mode(handle, mode);
    cublasGetMathMode(handle: Handle, to: Out<i32>) => handle::math_mode(handle, to);
    cublasSetAtomicsMode(handle: Handle, mode: i32) => handle::set_atomics_mode(handle, mode);
    cublasGetAtomicsMode(handle: Handle, to: Out<i32>) => handle::atomics_mode(handle, to);
    cublasSetSmCountTarget(handle: Handle, count: i32) => handle::set_processors(handle, count);
    cublasGetSmCountTarget(handle: Handle, to: Out<i32>) => handle::processors(handle, to);
    cublasSetWorkspace_v2(handle: Handle, address: u64, bytes: usize) => handle::set_workspace(handle, address, bytes);
}

// The products of one type: of f32, f64 and f16, with the type in the name.
exports! {
    cublasSgemm_v2(handle: Handle, a_taken: i32, b_taken: i32, m: i32, n: i32, k: i32, alpha: u64, a: u64, lda: i32, b: u64, ldb: i32, beta: u64, c: u64, ldc: i32) =>
        one(handle, &Call {
            taken: (a_taken, b_taken), sizes: (m, n, k), alpha, beta, compute: SINGLE,
            a: matrix(a, R32, lda), b: matrix(b, R32, ldb), c: matrix(c, R32, ldc),
        });
    cublasSgemmStridedBatched(handle: Handle, a_taken: i32, b_taken: i32, m: i32, n: i32, k: i32, alpha: u64, a: u64, lda: i32, a_step: i64, b: u64, ldb: i32, b_step: i64, beta: u64, c: u64, ldc: i32, c_step: i64, count: i32) =>
        many(handle, &Call {
            taken: (a_taken, b_taken), sizes: (m, n, k), alpha, beta, compute: SINGLE,
            a: matrix(a, R32, lda), b: matrix(b, R32, ldb), c: matrix(c, R32, ldc),
        }, [a_step, b_step, c_step], count);
    cublasSgemmBatched(handle: Handle, a_taken: i32, b_taken: i32, m: i32, n: i32, k: i32, alpha: u64, a: u64, lda: i32, b: u64, ldb: i32, beta: u64, c: u64, ldc: i32, count: i32) =>
        listed(handle, &Call {
            taken: (a_taken, b_taken), sizes: (m, n, k), alpha, beta, compute: SINGLE,
            a: matrix(a, R32, lda), b: matrix(b, R32, ldb), c: matrix(c, R32, ldc),
        }, count);
    cublasDgemm_v2(handle: Handle, a_taken: i32, b_taken: i32, m: i32, n: i32, k: i32, alpha: u64, a: u64, lda: i32, b: u64, ldb: i32, beta: u64, c: u64, ldc: i32) =>
        one(handle, &Call {
            taken: (a_taken, b_taken), sizes: (m, n, k), alpha, beta, compute: DOUBLE,
            a: matrix(a, R64, lda), b: matrix(b, R64, ldb), c: matrix(c, R64, ldc),
        });
    cublasDgemmStridedBatched(handle: Handle, a_taken: i32, b_taken: i32, m: i32, n: i32, k: i32, alpha: u64, a: u64, lda: i32, a_step: i64, b: u64, ldb: i32, b_step: i64, beta: u64, c: u64, ldc: i32, c_step: i64, count: i32) =>
        many(handle, &Call {
            taken: (a_taken, b_taken), sizes: (m, n, k), alpha, beta, compute: DOUBLE,
            a: matrix(a, R64, lda), b: matrix(b, R64, ldb), c: matrix(c, R64, ldc),
        }, [a_step, b_step, c_step], count);
    cublasDgemmBatched(handle: Handle, a_taken: i32, b_taken: i32, m: i32, n: i32, k: i32, alpha: u64, a: u64, lda: i32, b: u64, ldb: i32, beta: u64, c: u64, ldc: i32, count: i32) =>
        listed(handle, &Call {
            taken: (a_taken, b_taken), sizes: (m, n, k), alpha, beta, compute: DOUBLE,
            a: matrix(a, R64, lda), b: matrix(b, R64, ldb), c: matrix(c, R64, ldc),
        }, count);
    cublasHgemm(handle: Handle, a_taken: i32, b_taken: i32, m: i32, n: i32, k: i32, alpha: u64, a: u64, lda: i32, b: u64, ldb: i32, beta: u64, c: u64, ldc: i32) =>
        one(handle, &Call {
            taken: (a_taken, b_taken), sizes: (m, n, k), alpha, beta, compute: HALF,
            a: matrix(a, R16, lda), b: matrix(b, R16, ldb), c: matrix(c, R16, ldc),
        });
    cublasHgemmStridedBatched(handle: Handle, a_taken: i32, b_taken: i32, m: i32, n: i32, k: i32, alpha: u64, a: u64, lda: i32, a_step: i64, b: u64, ldb: i32, b_step: i64, beta: u64, c: u64, ldc: i32, c_step: i64, count: i32) =>
        many(handle, &Call {
            taken: (a_taken, b_taken), sizes: (m, n, k), alpha, beta, compute: HALF,
            a: matrix(a, R16, lda), b: matrix(b, R16, ldb), c: matrix(c, R16, ldc),
        }, [a_step, b_step, c_step], count);
    cublasHgemmBatched(handle: Handle, a_taken: i32, b_taken: i32, m: i32, n: i32, k: i32, alpha: u64, a: u64, lda: i32, b: u64, ldb: i32, beta: u64, c: u64, ldc: i32, count: i32) =>
        listed(handle, &Call {
            taken: (a_taken, b_taken), sizes: (m, n, k), alpha, beta, compute: HALF,
            a: matrix(a, R16, lda), b: matrix(b, R16, ldb), c: matrix(c, R16, ldc),
        }, count);
}

// The products of any types.
exports! {
    cublasGemmEx(handle: Handle, a_taken: i32, b_taken: i32, m: i32, n: i32, k: i32, alpha: u64, a: u64, a_type: i32, lda: i32, b: u64, b_type: i32, ldb: i32, beta: u64, c: u64, c_type: i32, ldc: i32, compute: i32, _algorithm: i32) =>
        one(handle, &Call {
            taken: (a_taken, b_taken), sizes: (m, n, k), alpha, beta, compute,
            a: matrix(a, a_type, lda), b: matrix(b, b_type, ldb), c: matrix(c, c_type, ldc),
        });
    cublasSgemmEx(handle: Handle, a_taken: i32, b_taken: i32, m: i32, n: i32, k: i32, alpha: u64, a: u64, a_type: i32, lda: i32, b: u64, b_type: i32, ldb: i32, beta: u64, c: u64, c_type: i32, ldc: i32) =>
        one(handle, &Call {
            taken: (a_taken, b_taken), sizes: (m, n, k), alpha, beta, compute: SINGLE,
            a: matrix(a, a_type, lda), b: matrix(b, b_type, ldb), c: matrix(c, c_type, ldc),
        });
    cublasGemmStridedBatchedEx(handle: Handle, a_taken: i32, b_taken: i32, m: i32, n: i32, k: i32, alpha: u64, a: u64, a_type: i32, lda: i32, a_step: i64, b: u64, b_type: i32, ldb: i32, b_step: i64, beta: u64, c: u64, c_type: i32, ldc: i32, c_step: i64, count: i32, compute: i32, _algorithm: i32) =>
        many(handle, &Call {
            taken: (a_taken, b_taken), sizes: (m, n, k), alpha, beta, compute,
            a: matrix(a, a_type, lda), b: matrix(b, b_type, ldb), c: matrix(c, c_type, ldc),
        }, [a_step, b_step, c_step], count);
    cublasGemmBatchedEx(handle: Handle, a_taken: i32, b_taken: i32, m: i32, n: i32, k: i32, alpha: u64, a: u64, a_type: i32, lda: i32, b: u64, b_type: i32, ldb: i32, beta: u64, c: u64, c_type: i32, ldc: i32, count: i32, compute: i32, _algorithm: i32) =>
        listed(handle, &Call {
            taken: (a_taken, b_taken), sizes: (m, n, k), alpha, beta, compute,
            a: matrix(a, a_type, lda), b: matrix(b, b_type, ldb), c: matrix(c, c_type, ldc),
        }, count);
    cublasStrsmBatched(handle: Handle, side: i32, fill: i32, taken: i32, diagonal: i32, m: i32, n: i32, alpha: u64, a: u64, lda: i32, b: u64, ldb: i32, count: i32) =>
        triangular::listed(handle, &triangular::Call { side, fill, taken, diagonal, rows: m, columns: n, alpha, a: (a, lda), b: (b, ldb) }, count);
}

// Between host and device.
exports! {
    cublasSetVector(n: i32, bytes: i32, x: u64, x_step: i32, y: u64, y_step: i32) =>
        pieces(Way::ToDevice, Pieces { count: n, elements: 1, bytes }, End { address: x, step: x_step }, End { address: y, step: y_step }, None);
    cublasSetMatrix(rows: i32, columns: i32, bytes: i32, a: u64, lda: i32, b: u64, ldb: i32) =>
        pieces(Way::ToDevice, Pieces { count: columns, elements: rows, bytes }, End { address: a, step: lda }, End { address: b, step: ldb }, None);
    cublasSetVectorAsync(n: i32, bytes: i32, x: u64, x_step: i32, y: u64, y_step: i32, stream: Handle) =>
        pieces(Way::ToDevice, Pieces { count: n, elements: 1, bytes }, End { address: x, step: x_step }, End { address: y, step: y_step }, Some(stream));
    cublasSetMatrixAsync(rows: i32, columns: i32, bytes: i32, a: u64, lda: i32, b: u64, ldb: i32, stream: Handle) =>
        pieces(Way::ToDevice, Pieces { count: columns, elements: rows, bytes }, End { address: a, step: lda }, End { address: b, step: ldb }, Some(stream));
    cublasGetVector(n: i32, bytes: i32, x: u64, x_step: i32, y: u64, y_step: i32) =>
        pieces(Way::ToHost, Pieces { count: n, elements: 1, bytes }, End { address: x, step: x_step }, End { address: y, step: y_step }, None);
    cublasGetMatrix(rows: i32, columns: i32, bytes: i32, a: u64, lda: i32, b: u64, ldb: i32) =>
        pieces(Way::ToHost, Pieces { count: columns, elements: rows, bytes }, End { address: a, step: lda }, End { address: b, step: ldb }, None);
    cublasGetVectorAsync(n: i32, bytes: i32, x: u64, x_step: i32, y: u64, y_step: i32, stream: Handle) =>
        pieces(Way::ToHost, Pieces { count: n, elements: 1, bytes }, End { address: x, step: x_step }, End { address: y, step: y_step }, Some(stream));
    cublasGetMatrixAsync(rows: i32, columns: i32, bytes: i32, a: u64, lda: i32, b: u64, ldb: i32, stream: Handle) =>
        pieces(Way::ToHost, Pieces { count: columns, elements: rows, bytes }, End { address: a, step: lda }, End { address: b, step: ldb }, Some(stream));
}
