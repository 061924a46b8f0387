/* Many threads that make, use and take away everything at once, each with its own memory and in one context. */
#include "cuda_min.h"
#include "check.h"
#include <pthread.h>
#include <string.h>

static CUcontext context;

static void *work(void *number) {
    char out[4096], in[4096];
    OK(cuCtxSetCurrent(context));
    for (int round = 0; round < 300; round++) {
        CUdeviceptr memory = 0;
        CUstream stream = NULL;
        CUevent event = NULL;
        void *host = NULL;
        memset(out, round + (int)(size_t)number, sizeof out);
        OK(cuMemAlloc(&memory, sizeof out));
        OK(cuStreamCreate(&stream, 0));
        OK(cuEventCreate(&event, 0));
        OK(cuMemHostAlloc(&host, 1, 0));
        OK(cuMemcpyHtoDAsync(memory, out, sizeof out, stream));
        OK(cuEventRecord(event, stream));
        OK(cuMemcpyDtoHAsync(in, memory, sizeof in, stream));
        OK(cuStreamSynchronize(stream));
        OK(memcmp(in, out, sizeof in));
        OK(cuMemFreeHost(host));
        OK(cuEventDestroy(event));
        OK(cuStreamDestroy(stream));
        OK(cuMemFree(memory));
    }
    return NULL;
}

static void *begin(void *unused) {
    OK(cuInit(0));
    return unused;
}

int main(void) {
    pthread_t threads[16];
    size_t bytes = 0, total = 0;
    for (size_t at = 0; at < 16; at++) pthread_create(&threads[at], NULL, begin, NULL);
    for (size_t at = 0; at < 16; at++) pthread_join(threads[at], NULL);
    OK(cuDevicePrimaryCtxRetain(&context, 0));
    OK(cuCtxSetCurrent(context));
    for (size_t at = 0; at < 16; at++) pthread_create(&threads[at], NULL, work, (void *)at);
    for (size_t at = 0; at < 16; at++) pthread_join(threads[at], NULL);
    OK(cuMemGetInfo(&bytes, &total));
    IS(total, bytes);
    puts("all as expected");
    return 0;
}
