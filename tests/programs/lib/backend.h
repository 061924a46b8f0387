/* What a loader touches of a ggml backend (ggml-backend-impl.h, API version 2). */
#include <stddef.h>

#ifndef API_VERSION
#define API_VERSION 2
#endif

struct backend_reg {
    int api_version;
    const char *(*get_name)(struct backend_reg *reg);
    size_t (*get_device_count)(struct backend_reg *reg);
    void *(*get_device)(struct backend_reg *reg, size_t index);
    void *(*get_proc_address)(struct backend_reg *reg, const char *name);
    void *context;
};

static const char *get_name(struct backend_reg *reg) { return "TRACEE"; }
static size_t get_device_count(struct backend_reg *reg) { return 0; }
static void *get_device(struct backend_reg *reg, size_t index) { return NULL; }
static void *get_proc_address(struct backend_reg *reg, const char *name) { return NULL; }

__attribute__((unused)) static struct backend_reg the_backend = {
    API_VERSION, get_name, get_device_count, get_device, get_proc_address, NULL,
};
