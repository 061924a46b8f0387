/* bench_driver LIBRARY: what a driver library costs, in ns on one line: to load it, its first cuInit, one cuDeviceGetAttribute, and 1 GiB
 * by cuMemcpyHtoD and by memcpy. Memory is touched before it is measured. */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define TURNS 1000000L
#define GIB (1UL << 30)

static long long now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000000000LL + t.tv_nsec;
}

static void *library;

static void *find(const char *name) {
    void *found = dlsym(library, name);
    if (!found) {
        fprintf(stderr, "%s\n", dlerror());
        exit(1);
    }
    return found;
}

static void well(int code, const char *call) {
    if (code) {
        fprintf(stderr, "%s: %d\n", call, code);
        exit(1);
    }
}

int main(int count, char **words) {
    if (count < 2) return 2;
    long long begun = now();
    library = dlopen(words[1], RTLD_NOW | RTLD_LOCAL);
    long long loaded = now();
    if (!library) {
        fprintf(stderr, "%s\n", dlerror());
        return 1;
    }
    int (*init)(unsigned) = (int (*)(unsigned))find("cuInit");
    int (*attribute)(int *, int, int) = (int (*)(int *, int, int))find("cuDeviceGetAttribute");
    int (*retain)(void **, int) = (int (*)(void **, int))find("cuDevicePrimaryCtxRetain");
    int (*current)(void *) = (int (*)(void *))find("cuCtxSetCurrent");
    int (*take)(unsigned long *, size_t) = (int (*)(unsigned long *, size_t))find("cuMemAlloc_v2");
    int (*copy)(unsigned long, const void *, size_t) =
        (int (*)(unsigned long, const void *, size_t))find("cuMemcpyHtoD_v2");

    long long before = now();
    well(init(0), "cuInit");
    long long started = now();
    int value = 0;
    long long first = now();
    for (long i = 0; i < TURNS; i++) attribute(&value, 75, 0);
    long long last = now();

    void *context = NULL;
    unsigned long device = 0;
    well(retain(&context, 0), "cuDevicePrimaryCtxRetain");
    well(current(context), "cuCtxSetCurrent");
    well(take(&device, GIB), "cuMemAlloc");
    char *from = malloc(GIB), *to = malloc(GIB);
    if (!from || !to) return 1;
    memset(from, 1, GIB);
    memset(to, 2, GIB);
    well(copy(device, from, GIB), "cuMemcpyHtoD");
    long long up = now();
    well(copy(device, from, GIB), "cuMemcpyHtoD");
    long long there = now();
    memcpy(to, from, GIB);
    long long plain = now();
    /* So that the copy is made. */
    if (to[GIB / 2] != 1) return 1;
    printf("%lld %lld %.3f %lld %lld\n", loaded - begun, started - before, (double)(last - first) / TURNS,
           there - up, plain - there);
    return 0;
}
