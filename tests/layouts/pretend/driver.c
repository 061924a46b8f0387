/* A pretend libcuda.so.1 with one device: what Ollama's probe, the CUDA runtime beside this file and a CUDA backend ask
 * of a driver. Macros: INIT_RESULT (cuInit), SECOND_RESULT (cuInit in the second look at a device, GGML_CUDA_INIT), VERSION
 * (13000 is 13.0), COUNT, COUNT_RESULT (cuDeviceGetCount), CARDS (each device is a card of its own), MEMORY_RESULT (cuMemGetInfo), RESOURCE (a file without
 * which it has no device), CORE (a library without which it cannot start), BROKEN_PIPE (it writes to a pipe that nobody reads), FREE (bytes of free memory). In the server's HOME, CARD names a file without which it has no device and BUSY one with which cuInit takes 10 s, so
 * that a layout can change between the discovery and a model. Codes are those of CUresult: 0 success, 2 out of memory, 100 no device, 801 not supported, 999 unknown. */
#include <dlfcn.h>
#include <fcntl.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#ifndef INIT_RESULT
#define INIT_RESULT 0
#endif
#ifndef VERSION
#define VERSION 13000
#endif
#ifndef COUNT
#define COUNT 1
#endif
#ifndef MEMORY_RESULT
#define MEMORY_RESULT 0
#endif
#define NOT_SUPPORTED 801
#define TOTAL 85520809984UL
#ifndef FREE
#define FREE (TOTAL - (2UL << 30))
#endif

#define NO_DEVICE 100

#if defined CARD || defined BUSY
static int is_at_home(const char *name) {
    char path[4096];
    const char *home = getenv("HOME");
    snprintf(path, sizeof path, "%s/%s", home ? home : "", name);
    return access(path, F_OK) == 0;
}
#endif

int cuInit(unsigned flags) {
    const char *shown = getenv("CUDA_VISIBLE_DEVICES");
    if (shown && (!*shown || strcmp(shown, "-1") == 0)) return NO_DEVICE;
#ifdef SECOND_RESULT
    if (getenv("GGML_CUDA_INIT")) return SECOND_RESULT;
#endif
#ifdef CORE
    if (!dlopen(CORE, RTLD_NOW)) return 999;
#endif
#ifdef BROKEN_PIPE
    int ends[2];
    if (pipe(ends) < 0) return 999;
    close(ends[0]);
    signal(SIGPIPE, SIG_DFL);
    if (write(ends[1], "hello", 5) < 0) return 999;
#endif
#ifdef RESOURCE
    int file = open(RESOURCE, O_RDWR);
    if (file < 0) return NO_DEVICE;
    close(file);
#endif
#ifdef CARD
    if (!is_at_home(CARD)) return NO_DEVICE;
#endif
#ifdef BUSY
    if (is_at_home(BUSY)) sleep(10);
#endif
    return INIT_RESULT;
}

int cuDriverGetVersion(int *version) {
    *version = VERSION;
    return 0;
}

int cuDeviceGetCount(int *count) {
#ifdef COUNT_RESULT
    return COUNT_RESULT;
#endif
    int failed = cuInit(0);
    *count = failed ? 0 : COUNT;
    return failed;
}

int cuDeviceGet(int *device, int ordinal) {
    if (ordinal < 0 || ordinal >= COUNT) return 101;
    *device = ordinal;
    return 0;
}

/* 75 and 76: compute capability; 18: integrated; 95: cooperative launch; 102: virtual memory management. */
int cuDeviceGetAttribute(int *value, int attribute, int device) {
    *value = attribute == 75 ? 9 : attribute == 95 ? 1 : 0;
    return 0;
}

int cuDeviceGetName(char *name, int length, int device) {
    strncpy(name, "NVIDIA H100 80GB HBM3", (size_t)length);
    return 0;
}

int cuDeviceTotalMem_v2(size_t *bytes, int device) {
    *bytes = TOTAL;
    return 0;
}

int cuDeviceGetPCIBusId(char *id, int length, int device) {
#ifdef CARDS
    snprintf(id, (size_t)length, "0000:00:%02x.0", 5 + device);
#else
    strncpy(id, "0000:05:00.0", (size_t)length);
#endif
    return 0;
}

int cuMemGetInfo_v2(size_t *available, size_t *total) {
    *available = MEMORY_RESULT ? 0 : FREE;
    *total = MEMORY_RESULT ? 0 : TOTAL;
    return MEMORY_RESULT;
}

int cuGetErrorString(int code, const char **text) {
    *text = code ? "pretend error" : "no error";
    return 0;
}

#define REFUSED(name) \
    int name(void) { return NOT_SUPPORTED; }
REFUSED(cuGetExportTable)
REFUSED(cuMemAddressFree)
REFUSED(cuMemAddressReserve)
REFUSED(cuMemCreate)
REFUSED(cuMemGetAllocationGranularity)
REFUSED(cuMemMap)
REFUSED(cuMemRelease)
REFUSED(cuMemSetAccess)
REFUSED(cuMemUnmap)
