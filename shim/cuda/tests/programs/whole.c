/* A plain program of the driver API: start, properties, contexts, memory, copies, streams, events, look-up of functions. */
#include "cuda_min.h"
#include "check.h"
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <sys/wait.h>

#define MIB (1UL << 20)

static void start(void) {
    int number = 0;
    const char *text = NULL;
    IS(3, cuDeviceGetCount(&number));
    IS(1, cuInit(1));
    OK(cuDriverGetVersion(&number));
    IS(13000, number);
    OK(cuInit(0));
    OK(cuInit(0));
    OK(cuGetErrorName(100, &text));
    OK(strcmp(text, "CUDA_ERROR_NO_DEVICE"));
    OK(cuGetErrorString(999, &text));
    OK(strcmp(text, "unknown error"));
    IS(1, cuGetErrorString(12345, &text));
    IS(0, text);
}

static void properties(void) {
    int number = 0;
    size_t bytes = 0;
    CUdevice device = -1;
    CUuuid uuid;
    char text[64];
    OK(cuDeviceGetCount(&number));
    IS(1, number);
    OK(cuDeviceGet(&device, 0));
    IS(101, cuDeviceGet(&device, 1));
    IS(101, cuDeviceGet(&device, -1));
    IS(1, cuDeviceGetCount(NULL));
    OK(cuDeviceGetName(text, sizeof text, device));
    OK(strcmp(text, "NVIDIA H100 80GB HBM3"));
    OK(cuDeviceGetName(text, 7, device));
    OK(strcmp(text, "NVIDIA"));
    IS(1, cuDeviceGetName(text, 0, device));
    OK(cuDeviceTotalMem(&bytes, device));
    IS(81920 * MIB, bytes);
    OK(cuDeviceGetAttribute(&number, 75, device));
    IS(9, number);
    OK(cuDeviceGetAttribute(&number, 10, device));
    IS(32, number);
    IS(1, cuDeviceGetAttribute(&number, 0, device));
    IS(1, cuDeviceGetAttribute(&number, 100000, device));
    IS(101, cuDeviceGetAttribute(&number, 75, 5));
    OK(cuDeviceGetPCIBusId(text, sizeof text, device));
    OK(strcmp(text, "0000:00:05.0"));
    OK(cuDeviceGetByPCIBusId(&device, text));
    IS(0, device);
    IS(101, cuDeviceGetByPCIBusId(&device, "0000:01:00.0"));
    OK(cuDeviceGetUuid(&uuid, device));
    OK(memcmp(uuid.bytes, "vgpu", 4));
}

static void contexts(CUcontext *primary) {
    CUcontext again = NULL, popped = NULL;
    CUdevice device = -1;
    CUdeviceptr memory = 0;
    unsigned flags = 1;
    int active = 1;
    OK(cuDevicePrimaryCtxGetState(0, &flags, &active));
    IS(0, active);
    IS(201, cuCtxGetDevice(&device));
    IS(201, cuMemAlloc(&memory, 1));
    IS(201, cuDevicePrimaryCtxRelease(0));
    OK(cuDevicePrimaryCtxRetain(primary, 0));
    OK(cuDevicePrimaryCtxRetain(&again, 0));
    IS((long)*primary, (long)again);
    OK(cuDevicePrimaryCtxRelease(0));
    OK(cuDevicePrimaryCtxGetState(0, &flags, &active));
    IS(1, active);
    OK(cuCtxSetCurrent(*primary));
    OK(cuCtxGetDevice(&device));
    IS(0, device);
    OK(cuCtxPushCurrent(*primary));
    OK(cuCtxPopCurrent(&popped));
    IS((long)*primary, (long)popped);
    OK(cuCtxGetCurrent(&again));
    IS((long)*primary, (long)again);
    IS(201, cuCtxSetCurrent((CUcontext)0x1234));
    OK(cuCtxSynchronize());
}

static void memory(void) {
    static char out[MIB], in[MIB];
    size_t free_before = 0, free_now = 0, total = 0, pitch = 0;
    CUdeviceptr one = 0, two = 0;
    CUDA_MEMCPY2D rows;
    unsigned kind = 0;
    void *host = NULL;
    for (size_t at = 0; at < sizeof out; at++) out[at] = (char)(at * 7);
    OK(cuMemGetInfo(&free_before, &total));
    IS(81920 * MIB, total);
    OK(cuMemAlloc(&one, MIB));
    OK(cuMemAlloc(&two, 3));
    OK(cuMemGetInfo(&free_now, &total));
    IS(MIB + 4096, free_before - free_now);
    OK(cuMemcpyHtoD(one, out, MIB));
    OK(cuMemcpyDtoH(in, one, MIB));
    OK(memcmp(in, out, MIB));
    OK(cuMemcpyDtoD(two, one + 5, 3));
    OK(cuMemcpyDtoH(in, two, 3));
    OK(memcmp(in, out + 5, 3));
    OK(cuMemcpy((CUdeviceptr)(size_t)in, one + 9, 100));
    OK(memcmp(in, out + 9, 100));
    IS(1, cuMemcpyHtoD(one + 1, out, MIB));
    IS(1, cuMemcpyHtoD(two, out, 4));
    IS(1, cuMemcpyHtoD(0, out, 4));
    IS(1, cuMemcpyHtoD(one, NULL, 4));
    OK(cuMemcpyHtoD(one, NULL, 0));
    OK(cuMemsetD8(one, 0x5a, 100));
    OK(cuMemsetD32(one + 4, 0x01020304, 2));
    OK(cuMemcpyDtoH(in, one, 13));
    OK(memcmp(in, "\x5a\x5a\x5a\x5a\4\3\2\1\4\3\2\1\x5a", 13));
    IS(1, cuMemsetD32(one + 2, 0, 1));
    IS(1, cuMemsetD32(one, 0, MIB));
    IS(1, cuMemFree(one + 1));
    OK(cuMemFree(one));
    IS(1, cuMemFree(one));
    OK(cuMemFree(two));
    OK(cuMemFree(0));
    IS(1, cuMemAlloc(&one, 0));
    IS(2, cuMemAlloc(&one, total + 1));
    IS(2, cuMemAlloc(&one, -1));
    OK(cuMemAlloc(&one, total)); /* costs nothing until it is touched */
    IS(2, cuMemAlloc(&two, 1));
    OK(cuMemFree(one));
    OK(cuMemAllocPitch(&one, &pitch, 100, 10, 4));
    IS(512, pitch);
    memset(&rows, 0, sizeof rows);
    rows.srcMemoryType = 1, rows.srcHost = out, rows.srcPitch = 100;
    rows.dstMemoryType = 2, rows.dstDevice = one, rows.dstPitch = pitch;
    rows.WidthInBytes = 100, rows.Height = 10;
    OK(cuMemcpy2D(&rows));
    OK(cuMemcpyDtoH(in, one + 9 * pitch, 100));
    OK(memcmp(in, out + 900, 100));
    rows.Height = 11;
    IS(1, cuMemcpy2D(&rows));
    OK(cuPointerGetAttribute(&kind, 2, one + 17));
    IS(2, kind);
    IS(1, cuPointerGetAttribute(&kind, 2, (CUdeviceptr)(size_t)in));
    OK(cuMemFree(one));
    OK(cuMemHostAlloc(&host, 100, 0));
    memcpy(host, out, 100);
    OK(cuPointerGetAttribute(&kind, 2, (CUdeviceptr)(size_t)host));
    IS(1, kind);
    OK(cuMemFreeHost(host));
    IS(1, cuMemFreeHost(host));
    OK(cuMemHostRegister(in, sizeof in, 0));
    IS(712, cuMemHostRegister(in, sizeof in, 0));
    OK(cuMemHostUnregister(in));
    IS(713, cuMemHostUnregister(in));
    OK(cuMemGetInfo(&free_now, &total));
    IS(free_before, free_now);
}

/* As ggml's pool does: 32 GiB of addresses, memory in steps behind each other, one unmap of all. */
static void virtual_memory(void) {
    size_t unit = 0, before = 0, now = 0, total = 0;
    CUdeviceptr base = 0;
    CUmemAllocationProp prop;
    CUmemAccessDesc access;
    char text[8] = {0};
    memset(&prop, 0, sizeof prop);
    memset(&access, 0, sizeof access);
    prop.type = 1, prop.location.type = 1;
    access.location = prop.location, access.flags = 3;
    OK(cuMemGetInfo(&before, &total));
    OK(cuMemGetAllocationGranularity(&unit, &prop, 1));
    IS(2 * MIB, unit);
    OK(cuMemAddressReserve(&base, 32768 * MIB, 0, 0, 0));
    IS(1, cuMemcpyHtoD(base, "x", 1));
    for (int step = 0; step < 2; step++) {
        CUmemGenericAllocationHandle block = 0;
        CUdeviceptr at = base + step * unit;
        IS(1, cuMemCreate(&block, unit + 1, &prop, 0));
        OK(cuMemCreate(&block, unit, &prop, 0));
        OK(cuMemMap(at, unit, 0, block, 0));
        IS(1, cuMemMap(at, unit, 0, block, 0));
        OK(cuMemRelease(block));
        IS(1, cuMemRelease(block));
        IS(1, cuMemcpyHtoD(at, "x", 1));
        OK(cuMemSetAccess(at, unit, &access, 1));
    }
    OK(cuMemGetInfo(&now, &total));
    IS(2 * unit, before - now);
    OK(cuMemcpyHtoD(base + unit - 3, "across", 6));
    OK(cuMemcpyDtoH(text, base + unit - 3, 6));
    OK(strcmp(text, "across"));
    IS(1, cuMemcpyHtoD(base + 2 * unit - 3, "across", 6));
    IS(1, cuMemAddressFree(base, 32768 * MIB));
    OK(cuMemUnmap(base, 2 * unit));
    OK(cuMemAddressFree(base, 32768 * MIB));
    OK(cuMemGetInfo(&now, &total));
    IS(before, now);
}

static void count(void *number) { ++*(int *)number; }

static void streams(void) {
    CUstream stream = NULL;
    CUevent first = NULL, second = NULL;
    CUdeviceptr memory = 0;
    struct timespec pause = {0, 20000000};
    float milliseconds = 0;
    char text[6] = {0};
    int calls = 0;
    OK(cuStreamCreate(&stream, 1));
    OK(cuEventCreate(&first, 0));
    OK(cuEventCreate(&second, 0));
    IS(400, cuEventElapsedTime(&milliseconds, first, second));
    OK(cuEventRecord(first, stream));
    OK(cuMemAllocAsync(&memory, 100, stream));
    OK(cuMemcpyHtoDAsync(memory, "async", 6, stream));
    OK(cuMemcpyDtoHAsync(text, memory, 6, (CUstream)2));
    OK(cuStreamSynchronize((CUstream)2));
    OK(strcmp(text, "async"));
    OK(cuMemFreeAsync(memory, stream));
    OK(cuLaunchHostFunc(stream, count, &calls));
    nanosleep(&pause, NULL);
    OK(cuEventRecord(second, stream));
    OK(cuStreamWaitEvent(NULL, second, 0));
    OK(cuStreamSynchronize(stream));
    IS(1, calls);
    OK(cuEventSynchronize(second));
    OK(cuEventQuery(second));
    OK(cuEventElapsedTime(&milliseconds, first, second));
    IS(1, milliseconds >= 20);
    OK(cuEventDestroy(second));
    IS(400, cuEventQuery(second));
    OK(cuStreamDestroy(stream));
    IS(400, cuStreamSynchronize(stream));
    OK(cuEventDestroy(first));
}

static void functions(void) {
    void *found = NULL;
    const void *table = NULL;
    CUuuid hidden = {{0}};
    int status = -1;
    OK(cuGetProcAddress("cuMemAlloc", &found, 12000, 0, (void *)&status));
    OK(status);
    IS((long)&cuMemAlloc, (long)found);
    OK(cuGetProcAddress("cuMemCreate", &found, 9000, 0, (void *)&status));
    IS(2, status);
    IS(0, found);
    OK(cuGetProcAddress("cuNothing", &found, 12000, 0, (void *)&status));
    IS(1, status);
    IS(1, cuGetProcAddress("cuInit", &found, 99000, 0, (void *)&status));
    IS(801, cuGetExportTable(&table, &hidden));
}

static void child(void) {
    int number = 0, status = -1;
    pid_t pid = fork();
    if (pid == 0) _exit(cuDeviceGetCount(&number) == 3 && cuInit(0) == 3 ? 0 : 1);
    IS(pid, waitpid(pid, &status, 0));
    OK(status);
    OK(cuDeviceGetCount(&number));
}

int main(void) {
    CUcontext primary = NULL;
    size_t bytes = 0;
    start();
    properties();
    contexts(&primary);
    memory();
    virtual_memory();
    streams();
    functions();
    child();
    OK(cuDevicePrimaryCtxRelease(0));
    IS(709, cuMemGetInfo(&bytes, &bytes));
    puts("all as expected");
    return 0;
}
