/* See driver.h. The order of opens, symbols and calls is that of Ollama's probe. */
#include "driver.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* CUdevice_attribute */
enum { INTEGRATED = 18, MAJOR = 75, MINOR = 76 };

static void *open_first(const char *first, const char *second, char *words, size_t room) {
    void *handle = dlopen(first, RTLD_NOW | RTLD_LOCAL);
    if (handle) return handle;
    int used = snprintf(words, room, "dlopen %s: %s; ", first, dlerror());
    handle = dlopen(second, RTLD_NOW | RTLD_LOCAL);
    if (!handle && used > 0 && (size_t)used < room) {
        snprintf(words + used, room - (size_t)used, "dlopen %s: %s", second, dlerror());
    }
    return handle;
}

int standin_driver_open(struct standin_driver *driver, char *words, size_t room) {
    memset(driver, 0, sizeof *driver);
    void *handle = open_first("libcuda.so.1", "libcuda.so", words, room);
    if (!handle) return 1;
    struct { const char *name, *other; void **at; } wanted[] = {
        {"cuInit", NULL, (void **)&driver->init},
        {"cuDriverGetVersion", NULL, (void **)&driver->driver_version},
        {"cuDeviceGetCount", NULL, (void **)&driver->count},
        {"cuDeviceGet", NULL, (void **)&driver->get},
        {"cuDeviceGetAttribute", NULL, (void **)&driver->attribute},
        {"cuDeviceGetName", NULL, (void **)&driver->name},
        {"cuDeviceTotalMem_v2", "cuDeviceTotalMem", (void **)&driver->total},
    };
    for (size_t index = 0; index < sizeof wanted / sizeof *wanted; index++) {
        *wanted[index].at = dlsym(handle, wanted[index].name);
        if (!*wanted[index].at && wanted[index].other) *wanted[index].at = dlsym(handle, wanted[index].other);
        if (!*wanted[index].at) {
            snprintf(words, room, "dlsym %s: %s", wanted[index].name, dlerror());
            return 1;
        }
    }
    *(void **)&driver->pci = dlsym(handle, "cuDeviceGetPCIBusId");
    return 0;
}

int standin_driver_start(struct standin_driver *driver) {
    int code = driver->init(0);
    if (code == 0) driver->driver_version(&driver->version);
    return code;
}

int standin_nvml(struct standin_driver *driver) {
    (void)driver;
    char words[1024];
    void *handle = open_first("libnvidia-ml.so.1", "libnvidia-ml.so", words, sizeof words);
    if (!handle) return 0;
    int (*init)(void) = (int (*)(void))dlsym(handle, "nvmlInit_v2");
    int (*end)(void) = (int (*)(void))dlsym(handle, "nvmlShutdown");
    int (*version)(char *, unsigned) = (int (*)(char *, unsigned))dlsym(handle, "nvmlSystemGetDriverVersion");
    char text[80] = "";
    if (!init || !end || !version || init() != 0) return 0;
    version(text, sizeof text);
    end();
    return atoi(text);
}

int standin_driver_count(struct standin_driver *driver, int *count) {
    return driver->count(count);
}

int standin_driver_describe(struct standin_driver *driver, int ordinal, struct standin_gpu *gpu) {
    int device = 0;
    memset(gpu, 0, sizeof *gpu);
    int code = driver->get(&device, ordinal);
    if (code != 0) return code;
    driver->attribute(&gpu->major, MAJOR, device);
    driver->attribute(&gpu->minor, MINOR, device);
    driver->attribute(&gpu->integrated, INTEGRATED, device);
    driver->name(gpu->name, sizeof gpu->name, device);
    driver->total(&gpu->total, device);
    if (driver->pci) driver->pci(gpu->pci, sizeof gpu->pci, device);
    return 0;
}
