/* Products of matrices by cuBLAS, without NVIDIA's headers: of each kind, against plain loops. argv[1] is the series.
 * Says what was wrong; a healthy run says "well" and nothing else. */
#include "lib/calls_by_name.h"

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

/* Every second element there, every third one back; a part of a matrix there, the same back. */
static void transfers(void) {
    int values[12], back[12] = {0}, *device;
    for (int i = 0; i < 12; i++) values[i] = i + 1;
    OK(RT(cudaMalloc, &device, sizeof values));
    OK(RT(cudaMemset, device, 0, sizeof values));
    OK(BL(cublasSetVector, 4, 4, values, 2, device, 3));
    OK(BL(cublasGetVector, 4, 4, device, 3, back, 1));
    for (int i = 0; i < 4; i++) IS(1 + 2 * i, back[i]);
    OK(BL(cublasSetMatrix, 2, 3, 4, values, 4, device, 3));
    OK(BL(cublasGetMatrixAsync, 2, 3, 4, device, 3, back, 2, NULL));
    OK(RT(cudaStreamSynchronize, NULL));
    for (int i = 0; i < 6; i++) IS(values[i / 2 * 4 + i % 2], back[i]);
    IS(7, BL(cublasSetMatrix, 2, 3, 4, values, 1, device, 3));
    IS(7, BL(cublasSetVector, 4, 0, values, 1, device, 1));
    OK(RT(cudaFree, device));
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

int main(int argc, char **argv) {
    if (!open_tier(argv[1])) return 1;
    products();
    transfers();
    if (!wrong) puts("well");
    return wrong != 0;
}
