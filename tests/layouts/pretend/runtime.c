/* A pretend libcudart.so.N over the driver's public functions, for CUDA backends: it enumerates devices, everything else
 * is refused. Macro RUNTIME: its own version (13000 is 13.0); a driver of an older major version gives 35, as the real
 * runtime does. ASKS_TABLES: it asks the driver for a private table first. EARLY: it looks for the driver in its constructor, among
 * what is loaded then, and gives up for good when it is not there. Codes are those of cudaError_t. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stddef.h>
#include <string.h>

#ifndef RUNTIME
#define RUNTIME 13000
#endif
#define INSUFFICIENT_DRIVER 35
#define NOT_SUPPORTED 801

/* The beginning of cudaDeviceProp of CUDA 13 (driver_types.h); the whole struct is 1008 bytes. */
struct properties {
    char name[256];
    char uuid[16];
    char luid[8];
    unsigned node_mask;
    size_t total_memory;
    size_t shared_per_block;
    int registers_per_block;
    int warp_size;
    size_t pitch;
    int threads_per_block;
    int block_dimensions[3];
    int grid_dimensions[3];
    size_t constant_memory;
    int major;
    int minor;
    size_t texture_alignment[2];
    int multiprocessors;
    int integrated;
};

#ifdef EARLY
static void *of_driver;
__attribute__((constructor)) static void look_for_driver(void) { of_driver = dlsym(RTLD_DEFAULT, "cuInit"); }
#endif

static int driver(const char *name, void **function) {
#ifdef EARLY
    if (!of_driver) return INSUFFICIENT_DRIVER;
#endif
    void *library = dlopen("libcuda.so.1", RTLD_NOW);
    *function = library ? dlsym(library, name) : NULL;
    return *function ? 0 : INSUFFICIENT_DRIVER;
}

#define ASK(name, ...)                                   \
    ({                                                   \
        void *function;                                  \
        int failed = driver(name, &function);            \
        failed ? failed : ((int (*)())function)(__VA_ARGS__); \
    })

int cudaGetDeviceCount(int *count) {
    int version = 0;
    *count = 0;
    int failed = ASK("cuDriverGetVersion", &version);
    if (failed) return failed;
    if (version / 1000 < RUNTIME / 1000) return INSUFFICIENT_DRIVER;
#ifdef ASKS_TABLES
    /* As NVIDIA's does: a driver without its private tables is none. */
    const void *table;
    failed = ASK("cuGetExportTable", &table, "\x42\xd8\x5a\x81\x23\xf6\xcb\x47\x82\x98\xf6\xe7\x8a\x3a\xec\xdc");
    if (failed) return failed;
#endif
    failed = ASK("cuInit", 0);
    return failed ? failed : ASK("cuDeviceGetCount", count);
}

int cudaGetDeviceProperties(void *to, int device) {
    struct properties properties = {.warp_size = 32, .major = 9, .multiprocessors = 132};
    properties.shared_per_block = 49152;
    properties.threads_per_block = 1024;
    ASK("cuDeviceGetName", properties.name, 256, device);
    ASK("cuDeviceTotalMem_v2", &properties.total_memory, device);
    memset(to, 0, 1008);
    memcpy(to, &properties, sizeof properties);
    return 0;
}

int cudaDeviceGetPCIBusId(char *id, int length, int device) {
    return ASK("cuDeviceGetPCIBusId", id, length, device);
}

int cudaMemGetInfo(size_t *available, size_t *total) { return ASK("cuMemGetInfo_v2", available, total); }

int cudaDeviceGetAttribute(int *value, int attribute, int device) {
    return ASK("cuDeviceGetAttribute", value, attribute, device);
}

int cudaGetDevice(int *device) {
    *device = 0;
    return 0;
}

int cudaSetDevice(int device) { return 0; }
int cudaDeviceSynchronize(void) { return 0; }
int cudaGetLastError(void) { return 0; }
int cudaPeekAtLastError(void) { return 0; }

const char *cudaGetErrorString(int code) {
    switch (code) {
    case 0: return "no error";
    case 2: return "out of memory";
    case 35: return "CUDA driver version is insufficient for CUDA runtime version";
    case 100: return "no CUDA-capable device is detected";
    case 801: return "operation not supported";
    default: return "unknown error";
    }
}

/* Kernels are registered by constructors of the backend; none is ever run. */
void **__cudaRegisterFatBinary(void *binary) {
    static void *handle;
    return &handle;
}
void __cudaRegisterFatBinaryEnd(void **handle) {}
void __cudaUnregisterFatBinary(void **handle) {}
void __cudaRegisterFunction(void) {}
void __cudaRegisterVar(void) {}

#define REFUSED(name) \
    int name(void) { return NOT_SUPPORTED; }
REFUSED(__cudaGetKernel)
REFUSED(__cudaLaunchKernel)
REFUSED(__cudaPopCallConfiguration)
REFUSED(__cudaPushCallConfiguration)
REFUSED(cudaDeviceCanAccessPeer)
REFUSED(cudaDeviceEnablePeerAccess)
REFUSED(cudaEventCreateWithFlags)
REFUSED(cudaEventDestroy)
REFUSED(cudaEventRecord)
REFUSED(cudaEventSynchronize)
REFUSED(cudaFree)
REFUSED(cudaFreeHost)
REFUSED(cudaFuncGetAttributes)
REFUSED(cudaFuncSetAttribute)
REFUSED(cudaGraphDestroy)
REFUSED(cudaGraphExecDestroy)
REFUSED(cudaGraphExecUpdate)
REFUSED(cudaGraphInstantiate)
REFUSED(cudaGraphLaunch)
REFUSED(cudaHostAlloc)
REFUSED(cudaHostGetDevicePointer)
REFUSED(cudaHostRegister)
REFUSED(cudaHostUnregister)
REFUSED(cudaLaunchCooperativeKernel)
REFUSED(cudaLaunchKernelExC)
REFUSED(cudaMalloc)
REFUSED(cudaMallocHost)
REFUSED(cudaMallocManaged)
REFUSED(cudaMemcpy2DAsync)
REFUSED(cudaMemcpyAsync)
REFUSED(cudaMemcpyPeerAsync)
REFUSED(cudaMemset)
REFUSED(cudaMemsetAsync)
REFUSED(cudaOccupancyMaxActiveBlocksPerMultiprocessorWithFlags)
REFUSED(cudaSetDeviceFlags)
REFUSED(cudaStreamBeginCapture)
REFUSED(cudaStreamCreateWithFlags)
REFUSED(cudaStreamDestroy)
REFUSED(cudaStreamEndCapture)
REFUSED(cudaStreamIsCapturing)
REFUSED(cudaStreamSynchronize)
REFUSED(cudaStreamWaitEvent)
