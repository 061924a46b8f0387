/* A pretend libcublas.so.N: everything is refused (CUBLAS_STATUS_NOT_SUPPORTED). */
const char *cublasGetStatusString(int code) { return code ? "not supported" : "success"; }

#define REFUSED(name) \
    int name(void) { return 15; }
REFUSED(cublasCreate_v2)
REFUSED(cublasDestroy_v2)
REFUSED(cublasGemmBatchedEx)
REFUSED(cublasGemmEx)
REFUSED(cublasGemmStridedBatchedEx)
REFUSED(cublasSetMathMode)
REFUSED(cublasSetStream_v2)
REFUSED(cublasSgemmBatched)
REFUSED(cublasSgemmStridedBatched)
REFUSED(cublasSgemm_v2)
REFUSED(cublasStrsmBatched)
