/* A driver that hands out functions which it does not export, as NVIDIA's own may. */
#include <string.h>

int cuInit(unsigned flags) { return 0; }

static __attribute__((noinline)) int hidden_count(int *count) {
    *count = 3;
    return 0;
}

static __attribute__((noinline)) int hidden_version(int *version) {
    *version = 12080;
    return 0;
}

int cuGetProcAddress_v2(const char *symbol, void **found, int version, unsigned long flags, int *status) {
    *found = NULL;
    if (status) *status = 0;
    if (!strcmp(symbol, "cuDeviceGetCount")) *found = hidden_count;
    if (!strcmp(symbol, "cuDriverGetVersion")) *found = hidden_version;
    if (!strcmp(symbol, "cuInit")) *found = cuInit;
    if (*found) return 0;
    if (status) *status = 1;
    return 500;
}
