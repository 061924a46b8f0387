/* Calls a CUDA runtime as programs do, without NVIDIA's headers. argv[1] is the series, argv[2] what to do. Says what
 * was wrong; a healthy run says "well" and nothing else. */
#include <dlfcn.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static void *runtime, *blas;
static int wrong;
static void *find(void *library, const char *name) {
    void *found = dlsym(library, name);
    if (!found) printf("no %s\n", name), exit(2);
    return found;
}
#define RT(name, ...) ((int (*)())find(runtime, #name))(__VA_ARGS__)
#define BL(name, ...) ((int (*)())find(blas, #name))(__VA_ARGS__)
#define IS(expected, call)                                                                                           \
    do {                                                                                                             \
        int got = (call);                                                                                            \
        if (got != (expected)) printf("line %d: %s = %d, not %d\n", __LINE__, #call, got, (int)(expected)), wrong++; \
    } while (0)
#define OK(call) IS(0, call)
#define L(value) ((size_t)(value))

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
    IS(1, total == 85520809984UL);
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
    IS(900, RT(cudaStreamSynchronize, stream));
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

/* 16-bit floats of small integers: sign, exponent, mantissa by hand. */
static uint16_t half(int value) {
    if (!value) return 0;
    int sign = value < 0, size = abs(value), exponent = 31 - __builtin_clz((unsigned)size);
    return (uint16_t)(sign << 15 | (exponent + 15) << 10 | ((size << (10 - exponent)) & 0x3ff));
}
enum { M = 6, N = 5, K = 4, LEAD = 9, BATCH = 3 };
static int of(int which, int row, int column) { return (row * (3 + which) + column * 5 + which) % 9 - 4; }
static int product(int transposed, int row, int column) {
    int sum = 0;
    for (int i = 0; i < K; i++) sum += (transposed ? of(0, i, row) : of(0, row, i)) * of(1, i, column);
    return sum;
}
static void *upload(const void *from, size_t bytes) {
    void *device;
    OK(RT(cudaMalloc, &device, bytes));
    OK(RT(cudaMemcpy, device, from, bytes, 1));
    return device;
}

static void products(void) {
    void *handle = NULL, *stream;
    IS(1, BL(cublasSetStream_v2, (void *)64, NULL));
    IS(7, BL(cublasCreate_v2, NULL));
    OK(BL(cublasCreate_v2, &handle));
    OK(RT(cudaStreamCreateWithFlags, &stream, 1));
    OK(BL(cublasSetStream_v2, handle, stream));
    float one = 1, zero = 0, two = 2, b[N * LEAD], c[N * LEAD];
    for (int transposed = 0; transposed < 2; transposed++) {
        int rows = transposed ? K : M, columns = transposed ? M : K;
        float *big = calloc(M * LEAD, 4);
        for (int column = 0; column < columns; column++)
            for (int row = 0; row < rows; row++) big[column * LEAD + row] = (float)of(0, row, column);
        for (int column = 0; column < N; column++)
            for (int row = 0; row < K; row++) b[column * LEAD + row] = (float)of(1, row, column);
        for (int i = 0; i < N * LEAD; i++) c[i] = 100;
        void *da = upload(big, M * LEAD * 4), *db = upload(b, sizeof b), *dc = upload(c, sizeof c);
        OK(BL(cublasSgemm_v2, handle, transposed, 0, M, N, K, &two, da, LEAD, db, LEAD, &one, dc, LEAD));
        OK(RT(cudaMemcpy, c, dc, sizeof c, 2));
        for (int column = 0; column < N; column++)
            for (int row = 0; row < LEAD; row++)
                IS(row < M ? 100 + 2 * product(transposed, row, column) : 100, (int)c[column * LEAD + row]);
        IS(7, BL(cublasSgemm_v2, handle, transposed, 0, M, N, K, &two, da, 1, db, LEAD, &one, dc, LEAD));
        IS(7, BL(cublasSgemm_v2, handle, 5, 0, M, N, K, &two, da, LEAD, db, LEAD, &one, dc, LEAD));
        free(big);
    }
    /* f16 factors, f32 result, many at equal distances; a is the same for all. */
    uint16_t ha[M * K], hb[BATCH * K * N];
    float hc[BATCH * M * N];
    for (int i = 0; i < M * K; i++) ha[i] = half(of(0, i % M, i / M));
    for (int i = 0; i < BATCH * K * N; i++) hb[i] = half(of(1, i % K, i / K % N) + i / (K * N));
    void *da = upload(ha, sizeof ha), *db = upload(hb, sizeof hb), *dc = upload(hc, sizeof hc);
    OK(BL(cublasGemmStridedBatchedEx, handle, 0, 0, M, N, K, &one, da, 2, M, 0LL, db, 2, K, (long long)(K * N), &zero,
          dc, 0, M, (long long)(M * N), BATCH, 68, -1));
    OK(RT(cudaMemcpy, hc, dc, sizeof hc, 2));
    for (int i = 0; i < BATCH * M * N; i++) {
        int more = 0;
        for (int k = 0; k < K; k++) more += of(0, i % M, k) * (i / (M * N));
        IS(product(0, i % M, i / M % N) + more, (int)hc[i]);
    }
    IS(15, BL(cublasGemmEx, handle, 0, 0, M, N, K, &one, da, 0, M, db, 2, K, &zero, dc, 0, M, 68, -1));
    IS(15, BL(cublasGemmEx, handle, 0, 0, M, N, K, &one, da, 28, M, db, 28, K, &zero, dc, 0, M, 68, -1));
    /* The same by arrays of pointers on the device, alpha there too. */
    void *pa[BATCH], *pb[BATCH], *pc[BATCH];
    for (int i = 0; i < BATCH; i++) pa[i] = da, pb[i] = (char *)db + 2 * i * K * N, pc[i] = (char *)dc + 4 * i * M * N;
    void *dpa = upload(pa, sizeof pa), *dpb = upload(pb, sizeof pb), *dpc = upload(pc, sizeof pc);
    float *dtwo = upload(&two, 4), *dzero = upload(&zero, 4), again[BATCH * M * N];
    OK(BL(cublasSetPointerMode_v2, handle, 1));
    OK(BL(cublasGemmBatchedEx, handle, 0, 0, M, N, K, dtwo, dpa, 2, M, dpb, 2, K, dzero, dpc, 0, M, BATCH, 68, -1));
    OK(BL(cublasSetPointerMode_v2, handle, 0));
    OK(RT(cudaMemcpy, again, dc, sizeof again, 2));
    for (int i = 0; i < BATCH * M * N; i++) IS((int)(2 * hc[i]), (int)again[i]);
    /* A lower triangle of ones, twice: x is the difference of neighbours. */
    float triangle[9] = {1, 1, 1, 0, 1, 1, 0, 0, 1}, right[3] = {1, 4, 9};
    void *dt = upload(triangle, sizeof triangle), *dr = upload(right, sizeof right);
    void *dpt = upload(&dt, 8), *dpr = upload(&dr, 8);
    OK(BL(cublasStrsmBatched, handle, 0, 0, 0, 0, 3, 1, &two, dpt, 3, dpr, 3, 1));
    OK(RT(cudaMemcpy, right, dr, sizeof right, 2));
    IS(2, (int)right[0]);
    IS(6, (int)right[1]);
    IS(10, (int)right[2]);
    /* In a capture nothing is done before the launch, and then with what is there at that time. */
    void *graph, *exec;
    float before[M * N], fa[M * K];
    for (int i = 0; i < M * K; i++) fa[i] = 0;
    void *dfa = upload(fa, sizeof fa), *dfb = upload(fa, K * N * 4);
    OK(RT(cudaMemset, dc, 0, L(M * N * 4)));
    OK(RT(cudaStreamBeginCapture, stream, 2));
    OK(BL(cublasSgemm_v2, handle, 0, 0, M, N, K, &one, dfa, M, dfb, K, &zero, dc, M));
    IS(15, BL(cublasGemmBatchedEx, handle, 0, 0, M, N, K, &one, dpa, 2, M, dpb, 2, K, &zero, dpc, 0, M, BATCH, 68, -1));
    OK(RT(cudaStreamEndCapture, stream, &graph));
    OK(RT(cudaGraphInstantiate, &exec, graph, 0ULL));
    OK(RT(cudaGraphDestroy, graph));
    OK(BL(cublasDestroy_v2, handle));
    for (int round = 1; round < 3; round++) {
        for (int i = 0; i < M * K; i++) fa[i] = (float)(round * of(0, i % M, i / M));
        OK(RT(cudaMemcpy, dfa, fa, sizeof fa, 1));
        for (int i = 0; i < K * N; i++) fa[i] = (float)of(1, i % K, i / K);
        OK(RT(cudaMemcpy, dfb, fa, L(K * N * 4), 1));
        OK(RT(cudaGraphLaunch, exec, stream));
        OK(RT(cudaMemcpy, before, dc, sizeof before, 2));
        for (int i = 0; i < M * N; i++) IS(round * product(0, i % M, i / M), (int)before[i]);
    }
    OK(RT(cudaGraphExecDestroy, exec));
    OK(RT(cudaStreamDestroy, stream));
    IS(1, BL(cublasDestroy_v2, handle));
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
    char name[64];
    snprintf(name, sizeof name, "libcudart.so.%s", argv[1]);
    runtime = dlopen(name, RTLD_NOW);
    snprintf(name, sizeof name, "libcublas.so.%s", argv[1]);
    blas = dlopen(name, RTLD_NOW);
    if (!runtime || !blas) return puts(dlerror()), 1;
    if (!strcmp(argv[2], "first")) first();
    if (!strcmp(argv[2], "memory")) memory();
    if (!strcmp(argv[2], "order")) order();
    if (!strcmp(argv[2], "kernels")) kernels();
    if (!strcmp(argv[2], "products")) products();
    if (!strcmp(argv[2], "threads")) threads();
    if (!strcmp(argv[2], "alone")) alone();
    if (!strcmp(argv[2], "nothing")) nothing(argc - 3, argv + 3);
    if (!wrong) puts("well");
    return wrong != 0;
}
