/* Uses structures of a CUDA runtime by NVIDIA's own headers; argv[1] is the library. Each field of cudaDeviceProp must
 * be what the driver says of the attribute it stands for, and nothing may be written beyond a structure. Says what was
 * wrong, or "well". */
#include <cuda.h>
#include <driver_types.h>
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void *runtime, *driver;
static int wrong;
#define RT(name, ...) ((int (*)())dlsym(runtime, #name))(__VA_ARGS__)
#define BEYOND 64

static int asked(int attribute) {
    int value = -1;
    ((int (*)(int *, int, int))dlsym(driver, "cuDeviceGetAttribute"))(&value, attribute, 0);
    return value;
}
static void is(const char *what, long long expected, long long got) {
    if (expected != got) printf("%s is %lld, not %lld\n", what, got, expected), wrong++;
}
static void untouched(const char *what, const void *guard) {
    for (int i = 0; i < BEYOND; i++)
        if (((const unsigned char *)guard)[i] != 0x5a) printf("byte %d beyond %s was written\n", i, what), wrong++;
}
#define FIELD(field, attribute) is(#field, asked(CU_DEVICE_ATTRIBUTE_##attribute), (long long)at.whole.field)

static void properties(void) {
    struct {
        struct cudaDeviceProp whole;
        char beyond[BEYOND];
    } at;
    memset(&at, 0x5a, sizeof at);
#if CUDA_VERSION >= 13000
    is("result", 0, RT(cudaGetDeviceProperties, &at.whole, 0));
#else
    is("result", 0, RT(cudaGetDeviceProperties_v2, &at.whole, 0));
#endif
    untouched("cudaDeviceProp", at.beyond);
    is("name", 0, strcmp(at.whole.name, "Apart GPU"));
    is("uuid", 16, at.whole.uuid.bytes[15]);
    is("totalGlobalMem", 85520809984LL, (long long)at.whole.totalGlobalMem);
    FIELD(sharedMemPerBlock, MAX_SHARED_MEMORY_PER_BLOCK);
    FIELD(regsPerBlock, MAX_REGISTERS_PER_BLOCK);
    FIELD(warpSize, WARP_SIZE);
    FIELD(memPitch, MAX_PITCH);
    FIELD(maxThreadsPerBlock, MAX_THREADS_PER_BLOCK);
    FIELD(maxThreadsDim[0], MAX_BLOCK_DIM_X);
    FIELD(maxThreadsDim[2], MAX_BLOCK_DIM_Z);
    FIELD(maxGridSize[0], MAX_GRID_DIM_X);
    FIELD(maxGridSize[2], MAX_GRID_DIM_Z);
    FIELD(totalConstMem, TOTAL_CONSTANT_MEMORY);
    FIELD(major, COMPUTE_CAPABILITY_MAJOR);
    FIELD(minor, COMPUTE_CAPABILITY_MINOR);
    FIELD(textureAlignment, TEXTURE_ALIGNMENT);
    FIELD(texturePitchAlignment, TEXTURE_PITCH_ALIGNMENT);
    FIELD(multiProcessorCount, MULTIPROCESSOR_COUNT);
    FIELD(integrated, INTEGRATED);
    FIELD(canMapHostMemory, CAN_MAP_HOST_MEMORY);
    FIELD(maxTexture1D, MAXIMUM_TEXTURE1D_WIDTH);
    FIELD(maxTexture1DMipmap, MAXIMUM_TEXTURE1D_MIPMAPPED_WIDTH);
    FIELD(maxTexture2D[1], MAXIMUM_TEXTURE2D_HEIGHT);
    FIELD(maxTexture2DMipmap[1], MAXIMUM_TEXTURE2D_MIPMAPPED_HEIGHT);
    FIELD(maxTexture2DLinear[2], MAXIMUM_TEXTURE2D_LINEAR_PITCH);
    FIELD(maxTexture2DGather[1], MAXIMUM_TEXTURE2D_GATHER_HEIGHT);
    FIELD(maxTexture3D[2], MAXIMUM_TEXTURE3D_DEPTH);
    FIELD(maxTexture3DAlt[2], MAXIMUM_TEXTURE3D_DEPTH_ALTERNATE);
    FIELD(maxTextureCubemap, MAXIMUM_TEXTURECUBEMAP_WIDTH);
    FIELD(maxTexture1DLayered[1], MAXIMUM_TEXTURE1D_LAYERED_LAYERS);
    FIELD(maxTexture2DLayered[2], MAXIMUM_TEXTURE2D_LAYERED_LAYERS);
    FIELD(maxTextureCubemapLayered[1], MAXIMUM_TEXTURECUBEMAP_LAYERED_LAYERS);
    FIELD(maxSurface1D, MAXIMUM_SURFACE1D_WIDTH);
    FIELD(maxSurface2D[1], MAXIMUM_SURFACE2D_HEIGHT);
    FIELD(maxSurface3D[2], MAXIMUM_SURFACE3D_DEPTH);
    FIELD(maxSurface1DLayered[1], MAXIMUM_SURFACE1D_LAYERED_LAYERS);
    FIELD(maxSurface2DLayered[2], MAXIMUM_SURFACE2D_LAYERED_LAYERS);
    FIELD(maxSurfaceCubemap, MAXIMUM_SURFACECUBEMAP_WIDTH);
    FIELD(maxSurfaceCubemapLayered[1], MAXIMUM_SURFACECUBEMAP_LAYERED_LAYERS);
    FIELD(surfaceAlignment, SURFACE_ALIGNMENT);
    FIELD(concurrentKernels, CONCURRENT_KERNELS);
    FIELD(ECCEnabled, ECC_ENABLED);
    FIELD(pciBusID, PCI_BUS_ID);
    FIELD(pciDeviceID, PCI_DEVICE_ID);
    FIELD(pciDomainID, PCI_DOMAIN_ID);
    FIELD(tccDriver, TCC_DRIVER);
    FIELD(asyncEngineCount, ASYNC_ENGINE_COUNT);
    FIELD(unifiedAddressing, UNIFIED_ADDRESSING);
    FIELD(memoryBusWidth, GLOBAL_MEMORY_BUS_WIDTH);
    FIELD(l2CacheSize, L2_CACHE_SIZE);
    FIELD(persistingL2CacheMaxSize, MAX_PERSISTING_L2_CACHE_SIZE);
    FIELD(maxThreadsPerMultiProcessor, MAX_THREADS_PER_MULTIPROCESSOR);
    FIELD(streamPrioritiesSupported, STREAM_PRIORITIES_SUPPORTED);
    FIELD(globalL1CacheSupported, GLOBAL_L1_CACHE_SUPPORTED);
    FIELD(localL1CacheSupported, LOCAL_L1_CACHE_SUPPORTED);
    FIELD(sharedMemPerMultiprocessor, MAX_SHARED_MEMORY_PER_MULTIPROCESSOR);
    FIELD(regsPerMultiprocessor, MAX_REGISTERS_PER_MULTIPROCESSOR);
    FIELD(managedMemory, MANAGED_MEMORY);
    FIELD(isMultiGpuBoard, MULTI_GPU_BOARD);
    FIELD(multiGpuBoardGroupID, MULTI_GPU_BOARD_GROUP_ID);
    FIELD(hostNativeAtomicSupported, HOST_NATIVE_ATOMIC_SUPPORTED);
    FIELD(pageableMemoryAccess, PAGEABLE_MEMORY_ACCESS);
    FIELD(concurrentManagedAccess, CONCURRENT_MANAGED_ACCESS);
    FIELD(computePreemptionSupported, COMPUTE_PREEMPTION_SUPPORTED);
    FIELD(canUseHostPointerForRegisteredMem, CAN_USE_HOST_POINTER_FOR_REGISTERED_MEM);
    FIELD(cooperativeLaunch, COOPERATIVE_LAUNCH);
    FIELD(sharedMemPerBlockOptin, MAX_SHARED_MEMORY_PER_BLOCK_OPTIN);
    FIELD(pageableMemoryAccessUsesHostPageTables, PAGEABLE_MEMORY_ACCESS_USES_HOST_PAGE_TABLES);
    FIELD(directManagedMemAccessFromHost, DIRECT_MANAGED_MEM_ACCESS_FROM_HOST);
    FIELD(maxBlocksPerMultiProcessor, MAX_BLOCKS_PER_MULTIPROCESSOR);
    FIELD(accessPolicyMaxWindowSize, MAX_ACCESS_POLICY_WINDOW_SIZE);
    FIELD(reservedSharedMemPerBlock, RESERVED_SHARED_MEMORY_PER_BLOCK);
    FIELD(hostRegisterSupported, HOST_REGISTER_SUPPORTED);
    FIELD(sparseCudaArraySupported, SPARSE_CUDA_ARRAY_SUPPORTED);
    FIELD(hostRegisterReadOnlySupported, READ_ONLY_HOST_REGISTER_SUPPORTED);
    FIELD(timelineSemaphoreInteropSupported, TIMELINE_SEMAPHORE_INTEROP_SUPPORTED);
    FIELD(memoryPoolsSupported, MEMORY_POOLS_SUPPORTED);
    FIELD(gpuDirectRDMASupported, GPU_DIRECT_RDMA_SUPPORTED);
    FIELD(gpuDirectRDMAFlushWritesOptions, GPU_DIRECT_RDMA_FLUSH_WRITES_OPTIONS);
    FIELD(gpuDirectRDMAWritesOrdering, GPU_DIRECT_RDMA_WRITES_ORDERING);
    FIELD(memoryPoolSupportedHandleTypes, MEMPOOL_SUPPORTED_HANDLE_TYPES);
    FIELD(deferredMappingCudaArraySupported, DEFERRED_MAPPING_CUDA_ARRAY_SUPPORTED);
    FIELD(ipcEventSupported, IPC_EVENT_SUPPORTED);
    FIELD(clusterLaunch, CLUSTER_LAUNCH);
    FIELD(unifiedFunctionPointers, UNIFIED_FUNCTION_POINTERS);
#if CUDA_VERSION >= 13000
    FIELD(deviceNumaConfig, NUMA_CONFIG);
    FIELD(deviceNumaId, NUMA_ID);
    FIELD(mpsEnabled, MPS_ENABLED);
    FIELD(hostNumaId, HOST_NUMA_ID);
    FIELD(gpuPciDeviceID, GPU_PCI_DEVICE_ID);
    FIELD(gpuPciSubsystemID, GPU_PCI_SUBSYSTEM_ID);
    FIELD(hostNumaMultinodeIpcSupported, HOST_NUMA_MULTINODE_IPC_SUPPORTED);
#else
    FIELD(clockRate, CLOCK_RATE);
    FIELD(deviceOverlap, GPU_OVERLAP);
    FIELD(kernelExecTimeoutEnabled, KERNEL_EXEC_TIMEOUT);
    FIELD(computeMode, COMPUTE_MODE);
    FIELD(maxTexture1DLinear, MAXIMUM_TEXTURE1D_LINEAR_WIDTH);
    FIELD(memoryClockRate, MEMORY_CLOCK_RATE);
    FIELD(singleToDoublePrecisionPerfRatio, SINGLE_TO_DOUBLE_PRECISION_PERF_RATIO);
    FIELD(cooperativeMultiDeviceLaunch, COOPERATIVE_MULTI_DEVICE_LAUNCH);
    /* A program of CUDA 11 knows 728 bytes. */
    memset(&at, 0x5a, sizeof at);
    is("result", 0, RT(cudaGetDeviceProperties, &at.whole, 0));
    FIELD(reservedSharedMemPerBlock, RESERVED_SHARED_MEMORY_PER_BLOCK);
    untouched("the structure of CUDA 11", (char *)&at + 728);
#endif
}

static void others(void) {
    static unsigned code[4] = {0xba55ed50, 0x00100001, 0, 0};
    static struct {
        unsigned magic, version;
        void *data, *file;
    } wrapper = {0x466243b1, 1, code, NULL};
    static char host;
    void *image = ((void *(*)(void *))dlsym(runtime, "__cudaRegisterFatBinary"))(&wrapper);
    RT(__cudaRegisterFunction, image, &host, "kernel", "kernel", -1, NULL, NULL, NULL, NULL, NULL);
    struct {
        struct cudaFuncAttributes whole;
        char beyond[BEYOND];
    } function;
    memset(&function, 0x5a, sizeof function);
    is("result", 0, RT(cudaFuncGetAttributes, &function.whole, &host));
    untouched("cudaFuncAttributes", function.beyond);
    is("maxThreadsPerBlock", 1024, function.whole.maxThreadsPerBlock);
    is("sharedSizeBytes", CU_FUNC_ATTRIBUTE_SHARED_SIZE_BYTES, (long long)function.whole.sharedSizeBytes);
    is("constSizeBytes", CU_FUNC_ATTRIBUTE_CONST_SIZE_BYTES, (long long)function.whole.constSizeBytes);
    is("localSizeBytes", CU_FUNC_ATTRIBUTE_LOCAL_SIZE_BYTES, (long long)function.whole.localSizeBytes);
    is("numRegs", CU_FUNC_ATTRIBUTE_NUM_REGS, function.whole.numRegs);
    is("binaryVersion", 90, function.whole.binaryVersion);
    is("maxDynamicSharedSizeBytes", CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES,
       function.whole.maxDynamicSharedSizeBytes);
    is("requiredClusterDepth", CU_FUNC_ATTRIBUTE_REQUIRED_CLUSTER_DEPTH, function.whole.requiredClusterDepth);
    is("nonPortableClusterSizeAllowed", CU_FUNC_ATTRIBUTE_NON_PORTABLE_CLUSTER_SIZE_ALLOWED,
       function.whole.nonPortableClusterSizeAllowed);
    is("clusterSchedulingPolicyPreference", CU_FUNC_ATTRIBUTE_CLUSTER_SCHEDULING_POLICY_PREFERENCE,
       function.whole.clusterSchedulingPolicyPreference);

    char *device, here[24 * 16], there[24 * 16] = "";
    struct {
        struct cudaPointerAttributes whole;
        char beyond[BEYOND];
    } pointer;
    is("result", 0, RT(cudaMalloc, &device, sizeof here));
    memset(&pointer, 0x5a, sizeof pointer);
    is("result", 0, RT(cudaPointerGetAttributes, &pointer.whole, device));
    untouched("cudaPointerAttributes", pointer.beyond);
    is("type", cudaMemoryTypeDevice, pointer.whole.type);
    is("devicePointer", 1, pointer.whole.devicePointer == device);
    is("result", 0, RT(cudaPointerGetAttributes, &pointer.whole, here));
    is("type", cudaMemoryTypeUnregistered, pointer.whole.type);

    /* A box of 3 x 2 x 2 bytes from (1, 1, 1) of 6 x 4 x 4 to (2, 0, 1) of 8 x 6 x 4, and one between devices. */
    for (int i = 0; i < (int)sizeof here; i++) here[i] = (char)i;
    RT(cudaMemset, device, 0, sizeof here);
    struct cudaMemcpy3DParms box = {.srcPos = {1, 1, 1},
                                    .srcPtr = {here, 6, 6, 4},
                                    .dstPos = {2, 0, 1},
                                    .dstPtr = {device, 8, 8, 6},
                                    .extent = {3, 2, 2},
                                    .kind = cudaMemcpyHostToDevice};
    is("result", 0, RT(cudaMemcpy3D, &box));
    struct cudaMemcpy3DPeerParms peer = {.srcPos = {2, 0, 1},
                                         .srcPtr = {device, 8, 8, 6},
                                         .dstPos = {0, 0, 0},
                                         .dstPtr = {device, 4, 4, 2},
                                         .extent = {3, 2, 2}};
    is("result", 0, RT(cudaMemcpy3DPeerAsync, &peer, NULL));
    is("result", 0, RT(cudaMemcpy, there, device, sizeof there, cudaMemcpyDeviceToHost));
    for (int z = 0; z < 2; z++)
        for (int y = 0; y < 2; y++)
            for (int x = 0; x < 3; x++) {
                char expected = here[(z + 1) * 24 + (y + 1) * 6 + x + 1];
                is("a byte of the box", expected, there[(z + 1) * 48 + y * 8 + x + 2]);
                is("a byte of the box between devices", expected, there[z * 8 + y * 4 + x]);
            }
}

int main(int argc, char **argv) {
    runtime = dlopen(argv[1], RTLD_NOW);
    driver = dlopen("libcuda.so.1", RTLD_NOW);
    if (!runtime || !driver) return puts(dlerror()), 1;
    properties();
    others();
    if (!wrong) puts("well");
    return wrong != 0;
}
