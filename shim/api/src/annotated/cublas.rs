//! cuBLAS: its start, which is where a GPU that cannot be used shows again. Signatures: cublas_api.h of CUDA 12 and 13.

use crate::annotated::calls;
use crate::names::{Name, Names};
use crate::value::Handle;

/// `cublasStatus_t` (cublas_api.h).
pub(crate) const STATUS: &[Name] = &[
    Name {
        number: 0,
        name: "CUBLAS_STATUS_SUCCESS",
    },
    Name {
        number: 1,
        name: "CUBLAS_STATUS_NOT_INITIALIZED",
    },
    Name {
        number: 3,
        name: "CUBLAS_STATUS_ALLOC_FAILED",
    },
    Name {
        number: 7,
        name: "CUBLAS_STATUS_INVALID_VALUE",
    },
    Name {
        number: 8,
        name: "CUBLAS_STATUS_ARCH_MISMATCH",
    },
    Name {
        number: 11,
        name: "CUBLAS_STATUS_MAPPING_ERROR",
    },
    Name {
        number: 13,
        name: "CUBLAS_STATUS_EXECUTION_FAILED",
    },
    Name {
        number: 14,
        name: "CUBLAS_STATUS_INTERNAL_ERROR",
    },
    Name {
        number: 15,
        name: "CUBLAS_STATUS_NOT_SUPPORTED",
    },
    Name {
        number: 16,
        name: "CUBLAS_STATUS_LICENSE_ERROR",
    },
];

calls! {
    "cublas", Probe;
    "start cuBLAS on the thread's device; loads its kernels"
    cublasCreate_v2 [(handle: OutPointer)] (Enum(Names::CublasStatus)) (NonZero);
    "end cuBLAS"
    cublasDestroy_v2 [(handle: Pointer)] (Enum(Names::CublasStatus)) (NonZero);
    "give a status' name"
    cublasGetStatusName [(status: Enum(Names::CublasStatus))] (Str) (Null);
    "give a status' text"
    cublasGetStatusString [(status: Enum(Names::CublasStatus))] (Str) (Null);
    "give the library's version"
    cublasGetVersion_v2 [(handle: Pointer), (version: OutI32)] (Enum(Names::CublasStatus)) (NonZero);
    "choose how numbers are computed"
    cublasSetMathMode [(handle: Pointer), (mode: I32)] (Enum(Names::CublasStatus)) (NonZero);
    "choose the queue of work"
    cublasSetStream_v2 [(handle: Pointer), (streamId: Handle(Handle::Stream))] (Enum(Names::CublasStatus)) (NonZero);
    "give the library memory to work in"
    cublasSetWorkspace_v2 [(handle: Pointer), (workspace: Pointer), (workspaceSizeInBytes: U64)] (Enum(Names::CublasStatus)) (NonZero);
}
