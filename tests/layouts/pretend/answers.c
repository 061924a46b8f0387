/* A library for LD_PRELOAD that answers in place of the driver and the runtime: each has no device. Macro RUNTIME: the
 * runtime's count is 0, without an error; else the driver's start gives 100 (CUDA_ERROR_NO_DEVICE). */
#ifdef RUNTIME
int cudaGetDeviceCount(int *count) {
    *count = 0;
    return 0;
}
#else
int cuInit(unsigned flags) { return 100; }
#endif
