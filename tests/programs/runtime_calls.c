/* Calls a CUDA runtime as programs do, without NVIDIA's headers. argv[1] is the series, argv[2] what to do. Says what
 * was wrong; a healthy run says "well" and nothing else. */
#include "lib/calls_by_name.h"

static const char *text(int code) { return ((const char *(*)(int))find(runtime, "cudaGetErrorString"))(code); }

static void first(void) {
    int count = 7, version = 0;
    OK(RT(cudaGetDeviceCount, &count));
    IS(1, count);
    OK(RT(cudaDriverGetVersion, &version));
    IS(13000, version);
    IS(1, RT(cudaGetDeviceCount, NULL));
    IS(1, RT(cudaPeekAtLastError));
    IS(1, RT(cudaGetLastError));
    OK(RT(cudaGetLastError));
    int device = 5;
    OK(RT(cudaGetDevice, &device));
    IS(0, device);
    IS(101, RT(cudaSetDevice, 1));
    IS(101, RT(cudaSetDevice, -1));
    OK(RT(cudaSetDevice, 0));
    char id[32] = "";
    OK(RT(cudaDeviceGetPCIBusId, id, 32, 0));
    IS(0, strcmp(id, "0000:00:05.0"));
    IS(0, strcmp(text(35), "CUDA driver version is insufficient for CUDA runtime version"));
    IS(0, strcmp(text(12345), "unrecognized error code"));
    IS(801, RT(cudaIpcGetMemHandle, NULL, NULL));
    IS(801, RT(cudaGetLastError));
    OK(RT(cudaDeviceReset));
    OK(RT(cudaFree, L(0)));
}

static void memory(void) {
    size_t before, after, total;
    char *device = (char *)1, *rows, *pinned, here[4096], there[4096];
    for (size_t i = 0; i < sizeof here; i++) here[i] = (char)(i * 7);
    OK(RT(cudaMalloc, &device, L(0)));
    IS(1, device == NULL);
    OK(RT(cudaMemGetInfo, &before, &total));
    IS(1, total > 1UL << 30 && before <= total);
    IS(2, RT(cudaMalloc, &device, total * 2));
    IS(2, RT(cudaGetLastError));
    OK(RT(cudaMalloc, &device, L(4096)));
    OK(RT(cudaMemGetInfo, &after, &total));
    IS(4096, before - after);
    OK(RT(cudaMemcpy, device, here, L(4096), 1));
    OK(RT(cudaMemcpy, there, device, L(4096), 2));
    IS(0, memcmp(here, there, 4096));
    IS(1, RT(cudaMemcpy, device, here, L(4096), 2));
    IS(21, RT(cudaMemcpy, device, here, L(4096), 9));
    memset(there, 0, sizeof there);
    OK(RT(cudaMemcpy, there, device, L(4096), 4));
    IS(0, memcmp(here, there, 4096));
    OK(RT(cudaMemset, device + 100, 0x1ab, L(50)));
    OK(RT(cudaMemcpy, there, device, L(4096), 2));
    IS(0xab, (unsigned char)there[149]);
    IS(1, there[150] == here[150] && there[99] == here[99]);
    OK(RT(cudaMalloc, &rows, L(64 * 8)));
    OK(RT(cudaMemset, rows, 0, L(64 * 8)));
    OK(RT(cudaMemcpy2DAsync, rows, L(64), here, L(40), L(40), L(8), 1, NULL));
    IS(12, RT(cudaMemcpy2DAsync, rows, L(30), here, L(40), L(40), L(8), 1, NULL));
    memset(there, 1, sizeof there);
    OK(RT(cudaMemcpy, there, rows, L(64 * 8), 2));
    for (int row = 0; row < 8; row++) {
        IS(0, memcmp(there + row * 64, here + row * 40, 40));
        IS(0, there[row * 64 + 40]);
    }
    OK(RT(cudaHostAlloc, &pinned, L(4096), 0));
    memcpy(pinned, here, 4096);
    OK(RT(cudaMemcpyAsync, device, pinned, L(4096), 1, L(2)));
    OK(RT(cudaStreamSynchronize, L(2)));
    OK(RT(cudaMemset_ptds, device, 0, L(4096)));
    OK(RT(cudaMemcpy_ptds, device, here, L(4096), 1));
    OK(RT(cudaMemcpyAsync_ptsz, there, device, L(4096), 2, NULL));
    OK(RT(cudaStreamSynchronize_ptsz, NULL));
    IS(0, memcmp(here, there, 4096));
    OK(RT(cudaMemcpyPeerAsync, device, 0, device + 2048, 0, L(2048), NULL));
    OK(RT(cudaMemcpy, there, device, L(4096), 2));
    IS(0, memcmp(here + 2048, there, 2048));
    OK(RT(cudaFreeHost, pinned));
    OK(RT(cudaFree, rows));
    OK(RT(cudaFree, device));
    OK(RT(cudaMemGetInfo, &after, &total));
    IS(1, before == after);
}

static int called;
static void call(void *data) { called += *(int *)data; }

static void order(void) {
    void *stream, *graph = NULL, *exec = NULL, *start, *end;
    int capturing = 9, three = 3, one = 1, two = 0, *device;
    float milliseconds = -1;
    OK(RT(cudaStreamCreateWithFlags, &stream, 1));
    OK(RT(cudaEventCreateWithFlags, &start, 0));
    OK(RT(cudaEventCreateWithFlags, &end, 0));
    OK(RT(cudaEventRecord, start, stream));
    OK(RT(cudaLaunchHostFunc, stream, call, &three));
    OK(RT(cudaEventRecord, end, stream));
    OK(RT(cudaStreamWaitEvent, stream, end, 0));
    OK(RT(cudaEventSynchronize, end));
    OK(RT(cudaEventElapsedTime, &milliseconds, start, end));
    IS(1, milliseconds >= 0);
    IS(3, called);
    OK(RT(cudaMalloc, &device, L(4)));
    OK(RT(cudaStreamBeginCapture, stream, 2));
    OK(RT(cudaStreamIsCapturing, stream, &capturing));
    IS(1, capturing);
    OK(RT(cudaMemcpyAsync, device, &one, L(4), 1, stream));
    OK(RT(cudaMemcpyAsync, &two, device, L(4), 2, stream));
    OK(RT(cudaLaunchHostFunc, stream, call, &three));
    OK(RT(cudaStreamEndCapture, stream, &graph));
    IS(0, two);
    IS(3, called);
    OK(RT(cudaGraphInstantiate, &exec, graph, 0ULL));
    OK(RT(cudaGraphDestroy, graph));
    one = 5;
    OK(RT(cudaGraphLaunch, exec, stream));
    OK(RT(cudaStreamSynchronize, stream));
    IS(5, two);
    IS(6, called);
    OK(RT(cudaGraphExecDestroy, exec));
    /* A capture cannot be waited for, and to try breaks it. */
    OK(RT(cudaStreamBeginCapture, stream, 2));
    IS(900, RT(cudaStreamSynchronize, stream));
    IS(901, RT(cudaStreamEndCapture, stream, &graph));
    OK(RT(cudaStreamSynchronize, stream));
    IS(400, RT(cudaStreamDestroy, NULL));
    OK(RT(cudaStreamDestroy, stream));
    OK(RT(cudaEventDestroy, start));
    OK(RT(cudaEventDestroy, end));
}

struct size {
    unsigned x, y, z;
};
static void kernels(void) {
    static unsigned code[4] = {0xba55ed50, 0x00100001, 0, 0};
    static struct {
        unsigned magic, version;
        void *data, *file;
    } wrapper = {0x466243b1, 1, code, NULL}, broken = {0x466243b1, 1, &wrapper, NULL};
    static char host, other, unknown;
    struct size grid = {1, 1, 1}, block = {32, 1, 1};
    void **image = ((void **(*)(void *))find(runtime, "__cudaRegisterFatBinary"))(&wrapper);
    IS(1, image != NULL);
    RT(__cudaRegisterFunction, image, &host, "kernel", "kernel", -1, NULL, NULL, NULL, NULL, NULL);
    RT(__cudaRegisterFatBinaryEnd, image);
    void **second = ((void **(*)(void *))find(runtime, "__cudaRegisterFatBinary"))(&broken);
    RT(__cudaRegisterFunction, second, &other, "other", "other", -1, NULL, NULL, NULL, NULL, NULL);
    int (*launch)(void *, struct size, struct size, void **, size_t, void *) = find(runtime, "cudaLaunchKernel");
    IS(98, launch(&unknown, grid, block, NULL, 0, NULL));
    IS(801, launch(&host, grid, block, NULL, 0, NULL));
    IS(200, launch(&other, grid, block, NULL, 0, NULL));
    IS(200, RT(cudaGetLastError));
    int blocks = 0;
    OK(RT(cudaOccupancyMaxActiveBlocksPerMultiprocessorWithFlags, &blocks, &host, 32, L(0), 0));
    IS(2, blocks);
    int (*push)(struct size, struct size, size_t, void *) = find(runtime, "__cudaPushCallConfiguration");
    struct size got_grid, got_block;
    size_t shared;
    void *stream;
    OK(push(block, grid, 77, &host));
    OK(RT(__cudaPopCallConfiguration, &got_grid, &got_block, &shared, &stream));
    IS(1, got_grid.x == 32 && got_block.x == 1 && shared == 77 && stream == &host);
    IS(52, RT(__cudaPopCallConfiguration, &got_grid, &got_block, &shared, &stream));
    void *kernel = NULL;
    OK(RT(__cudaGetKernel, &kernel, &host));
    int (*by_kernel)(void *, struct size, struct size, void **, size_t, void *) = find(runtime, "__cudaLaunchKernel");
    IS(801, by_kernel(kernel, grid, block, NULL, 0, NULL));
    IS(98, by_kernel(NULL, grid, block, NULL, 0, NULL));
    RT(__cudaUnregisterFatBinary, image);
    RT(__cudaUnregisterFatBinary, second);
    IS(98, launch(&host, grid, block, NULL, 0, NULL));
}

static void *one_thread(void *data) {
    int number = (int)(intptr_t)data, *device, values[256], back[256];
    for (int i = 0; i < 256; i++) values[i] = number * 1000 + i;
    for (int round = 0; round < 200; round++) {
        void *event, *handle;
        OK(RT(cudaSetDevice, 0));
        OK(RT(cudaMalloc, &device, sizeof values));
        OK(RT(cudaMemcpyAsync, device, values, sizeof values, 1, L(2)));
        OK(RT(cudaEventCreateWithFlags, &event, 2));
        OK(RT(cudaEventRecord, event, L(2)));
        OK(RT(cudaMemcpyAsync, back, device, sizeof back, 2, L(2)));
        OK(RT(cudaStreamSynchronize, L(2)));
        IS(0, memcmp(values, back, sizeof back));
        OK(BL(cublasCreate_v2, &handle));
        OK(BL(cublasDestroy_v2, handle));
        OK(RT(cudaEventDestroy, event));
        OK(RT(cudaFree, device));
        IS(1, RT(cudaGetDevice, NULL));
        IS(1, RT(cudaGetLastError));
        OK(RT(cudaGetLastError));
    }
    return NULL;
}
/* Each thread has a device of its own choice; APART_DRIVER_COUNT is 2. */
static void *on_second(void *data) {
    int device = 7, **memory = data;
    OK(RT(cudaGetDevice, &device));
    IS(0, device);
    OK(RT(cudaSetDevice, 1));
    OK(RT(cudaGetDevice, &device));
    IS(1, device);
    OK(RT(cudaMalloc, memory, L(64)));
    OK(RT(cudaMemset, *memory, 0x11, L(64)));
    return NULL;
}
static void two(void) {
    int count = 0, device = 7, *here, *there, values[16];
    pthread_t other;
    OK(RT(cudaGetDeviceCount, &count));
    IS(2, count);
    OK(RT(cudaSetDevice, 0));
    OK(RT(cudaMalloc, &here, L(64)));
    pthread_create(&other, NULL, on_second, &there);
    pthread_join(other, NULL);
    OK(RT(cudaGetDevice, &device));
    IS(0, device);
    OK(RT(cudaDeviceEnablePeerAccess, 1, 0));
    IS(217, RT(cudaDeviceEnablePeerAccess, 0, 0));
    IS(101, RT(cudaDeviceEnablePeerAccess, 2, 0));
    OK(RT(cudaMemcpyPeerAsync, here, 0, there, 1, L(64), NULL));
    IS(101, RT(cudaMemcpyPeerAsync, here, 0, there, 5, L(64), NULL));
    OK(RT(cudaMemcpy, values, here, L(64), 2));
    IS(0x11111111, values[15]);
    OK(RT(cudaDeviceDisablePeerAccess, 1));
    OK(RT(cudaSetDevice, 1));
    OK(RT(cudaDeviceReset));
    OK(RT(cudaGetDevice, &device));
    IS(1, device);
}

/* A child of a process that uses the device hears that, at once; the parent goes on. */
static void child(void) {
    int *device, status = -1;
    void *handle;
    OK(RT(cudaMalloc, &device, L(64)));
    OK(BL(cublasCreate_v2, &handle));
    pid_t forked = fork();
    if (!forked) {
        alarm(20);
        int count = 0;
        IS(3, RT(cudaGetDeviceCount, &count));
        IS(3, RT(cudaMalloc, &device, L(64)));
        IS(3, RT(cudaSetDevice, 0));
        IS(3, RT(cudaMemset, device, 0, L(64)));
        IS(1, BL(cublasCreate_v2, &handle));
        fflush(stdout);
        _exit(wrong);
    }
    waitpid(forked, &status, 0);
    IS(0, status);
    OK(RT(cudaMemset, device, 0, L(64)));
    OK(RT(cudaFree, device));
}

static void threads(void) {
    pthread_t all[8];
    for (int i = 0; i < 8; i++) pthread_create(&all[i], NULL, one_thread, (void *)(intptr_t)(i + 1));
    for (int i = 0; i < 8; i++) pthread_join(all[i], NULL);
}

/* Without a driver. */
static void alone(void) {
    int count = 7, version = 7;
    IS(35, RT(cudaGetDeviceCount, &count));
    IS(0, count);
    OK(RT(cudaDriverGetVersion, &version));
    IS(0, version);
    IS(35, RT(cudaSetDevice, 0));
    IS(35, RT(cudaFree, NULL));
    void *handle;
    IS(1, BL(cublasCreate_v2, &handle));
}

/* Every name of argv[3], a library, argv[4] and following: called with nothing at all, each in a process of its own. */
static void nothing(int count, char **names) {
    void *library = dlopen(names[0], RTLD_NOW);
    for (int i = 1; i < count; i++) {
        long (*function)() = find(library, names[i]);
        pid_t child = fork();
        if (!child) {
            close(2);
            function(NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
                     NULL, NULL, NULL, NULL, NULL, NULL, NULL);
            _exit(0);
        }
        int status = 0;
        waitpid(child, &status, 0);
        if (status) printf("%s: %x\n", names[i], status), wrong++;
    }
}

int main(int argc, char **argv) {
    if (!open_tier(argv[1])) return 1;
    if (!strcmp(argv[2], "first")) first();
    if (!strcmp(argv[2], "memory")) memory();
    if (!strcmp(argv[2], "order")) order();
    if (!strcmp(argv[2], "kernels")) kernels();
    if (!strcmp(argv[2], "threads")) threads();
    if (!strcmp(argv[2], "two")) two();
    if (!strcmp(argv[2], "child")) child();
    if (!strcmp(argv[2], "alone")) alone();
    if (!strcmp(argv[2], "nothing")) nothing(argc - 3, argv + 3);
    if (!wrong) puts("well");
    return wrong != 0;
}
