/* A small CUDA backend for the tests: it asks the runtime for devices, says what the real one says, and offers them.
 * It computes nothing. The device struct is that of ggml's ggml-backend-impl.h, which changes between releases without a
 * new API version; macro OLLAMA_0_16 gives the one of Ollama 0.16.3 (one more function, more properties).
 *
 * Macros: LIBRARY ("CUDA"), KIND (1: a card, 2: part of the processor), ARCHS (what it says it is compiled for). AT_WORD: it
 * writes to NULL in a process with this argument. In the second look at a device (GGML_CUDA_INIT) REFUSES_CARD aborts as the
 * real one does for a card it is not compiled for (REFUSES: for those whose id ends in one of these characters), ROCBLAS
 * initialises rocBLAS, and WAITS does not come back. */
#include <stdbool.h>
#include <stdio.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#ifndef LIBRARY
#define LIBRARY "CUDA"
#endif
#ifndef KIND
#define KIND 1
#endif

extern int cudaGetDeviceCount(int *count);
extern const char *cudaGetErrorString(int code);
extern int cudaDeviceGetPCIBusId(char *id, int length, int device);
extern int cudaMemGetInfo(size_t *available, size_t *total);
extern int cublasCreate_v2(void *handle);
extern int cuMemCreate(void *handle);
extern void rocblas_initialize(void);

#define MOST 16

struct properties {
    const char *name, *description;
    size_t memory_free;
#ifdef OLLAMA_0_16
    const char *id;
#endif
    size_t memory_total;
    int type;
    const char *device_id;
    bool async, host_buffer, buffer_from_host_ptr, events;
#ifdef OLLAMA_0_16
    int driver_major, driver_minor, compute_major, compute_minor, integrated;
    const char *library;
#endif
};

struct backend_reg;
struct device {
    const char *(*get_name)(struct device *);
    const char *(*get_description)(struct device *);
    void (*get_memory)(struct device *, size_t *, size_t *);
    int (*get_type)(struct device *);
    void (*get_props)(struct device *, struct properties *);
    void *(*init_backend)(struct device *, const char *);
    void *(*get_buffer_type)(struct device *);
    void *(*get_host_buffer_type)(struct device *);
    void *(*buffer_from_host_ptr)(struct device *, void *, size_t, size_t);
    bool (*supports_op)(struct device *, const void *);
    bool (*supports_buft)(struct device *, void *);
    bool (*offload_op)(struct device *, const void *);
    void *(*event_new)(struct device *);
    void (*event_free)(struct device *, void *);
    void (*event_synchronize)(struct device *, void *);
#ifdef OLLAMA_0_16
    void (*reset)(struct device *);
#endif
    struct backend_reg *reg;
    void *context;
};
struct backend_reg {
    int api_version;
    const char *(*get_name)(struct backend_reg *);
    size_t (*get_device_count)(struct backend_reg *);
    struct device *(*get_device)(struct backend_reg *, size_t);
    void *(*get_proc_address)(struct backend_reg *, const char *);
    void *context;
};

static int devices;
static struct device all[MOST];
static char pci_ids[MOST][32], names[MOST][16], ids[MOST][64];

static int index_of(struct device *device) { return (int)(device - all); }
static const char *device_name(struct device *device) { return names[index_of(device)]; }
static const char *description(struct device *device) { return "NVIDIA H100 80GB HBM3"; }
static int type(struct device *device) { return KIND; }
static bool no_op(struct device *device, const void *op) { return false; }

/* A runner of 0.16.3 makes a scheduler over all devices before it answers: there must be a buffer type and a backend, and
 * nothing is ever allocated or computed. */
static struct buffer_type {
    const char *(*get_name)(struct buffer_type *);
    void *(*alloc_buffer)(struct buffer_type *, size_t);
    size_t (*get_alignment)(struct buffer_type *);
    size_t (*get_max_size)(struct buffer_type *);
    size_t (*get_alloc_size)(struct buffer_type *, const void *);
    bool (*is_host)(struct buffer_type *);
#ifdef OLLAMA_0_16
    void *(*noalloc_buffer)(struct buffer_type *, size_t);
#endif
    struct device *device;
    void *context;
    bool no_alloc;
} the_buffer_type;

static struct backend {
    void *guid;
    const char *(*get_name)(struct backend *);
    void (*free)(struct backend *);
    void *others[15];
    struct device *device;
    void *context;
} the_backend_of_the_device;

static const char *buffer_name(struct buffer_type *type) { return "CUDA0"; }
static size_t alignment(struct buffer_type *type) { return 128; }
static const char *backend_name(struct backend *backend) { return "CUDA0"; }
static void free_nothing(struct backend *backend) {}
static void *buffer_type(struct device *device) { return &the_buffer_type; }
static void *backend(struct device *device, const char *parameters) { return &the_backend_of_the_device; }
static bool own_buffer(struct device *device, void *type) { return type == &the_buffer_type; }

static void memory(struct device *device, size_t *available, size_t *total) {
    int failed = cudaMemGetInfo(available, total);
    if (failed) {
        fprintf(stderr, "ggml_backend_cuda_device_get_memory: cudaMemGetInfo failed (%s), returning 0/0\n",
                cudaGetErrorString(failed));
        *available = *total = 0;
    }
}

static void properties(struct device *device, struct properties *to) {
    memset(to, 0, sizeof *to);
    to->name = device_name(device);
    to->description = description(device);
    to->type = type(device);
    to->device_id = pci_ids[index_of(device)];
    memory(device, &to->memory_free, &to->memory_total);
#ifdef OLLAMA_0_16
    to->id = ids[index_of(device)];
    to->driver_major = 13;
    to->compute_major = 9;
    to->library = LIBRARY;
#endif
}

static const struct device a_device = {
    .get_name = device_name,
    .get_description = description,
    .get_memory = memory,
    .get_type = type,
    .get_props = properties,
    .init_backend = backend,
    .get_buffer_type = buffer_type,
    .supports_op = no_op,
    .supports_buft = own_buffer,
};

static const char *name(struct backend_reg *reg) { return LIBRARY; }
static size_t count(struct backend_reg *reg) { return (size_t)devices; }
static struct device *device(struct backend_reg *reg, size_t index) { return &all[index]; }

#ifdef ARCHS
struct feature {
    const char *name, *value;
};
static struct feature *features(struct backend_reg *reg) {
    static struct feature all[] = {{"ARCHS", ARCHS}, {NULL, NULL}};
    return all;
}
#endif

static void *proc_address(struct backend_reg *reg, const char *wanted) {
#ifdef ARCHS
    if (strcmp(wanted, "ggml_backend_get_features") == 0) return (void *)features;
#endif
    return NULL;
}

#ifdef AT_WORD
__attribute__((noinline)) void writes_to_null(void) { *(volatile int *)0 = 1; }

static void stumble(void) {
    static char arguments[4096];
    FILE *file = fopen("/proc/self/cmdline", "r");
    size_t length = file ? fread(arguments, 1, sizeof arguments - 1, file) : 0;
    if (file) fclose(file);
    for (char *one = arguments; one < arguments + length; one += strlen(one) + 1)
        if (strcmp(one, AT_WORD) == 0) writes_to_null();
}
#endif

#ifdef REFUSES
static int is_refused(void) {
    const char *shown = getenv("CUDA_VISIBLE_DEVICES");
    return shown && *shown && strchr(REFUSES, shown[strlen(shown) - 1]) != NULL;
}
#define REFUSES_CARD
#else
static int is_refused(void) { return 1; }
#endif

/* What happens to the second look at the device. */
static void look_again(void) {
    if (!getenv("GGML_CUDA_INIT")) return;
    (void)is_refused;
#ifdef REFUSES_CARD
    if (is_refused()) {
        fprintf(stderr, "ggml-cuda.cu:251: GGML_ASSERT(ggml_cuda_has_arch(info.devices[id].cc) && \"ggml was not compiled with support for this arch\") failed\n");
        abort();
    }
#endif
#ifdef ROCBLAS
    fprintf(stderr, "ggml_cuda_init: initializing rocBLAS on device 0\n");
    rocblas_initialize();
    fprintf(stderr, "ggml_cuda_init: rocBLAS initialized on device 0\n");
#endif
#ifdef WAITS
    sleep(120);
#endif
}

static struct backend_reg the_backend = {2, name, count, device, proc_address, NULL};

struct backend_reg *ggml_backend_init(void) {
#ifdef AT_WORD
    stumble();
#endif
    look_again();
    int failed = cudaGetDeviceCount(&devices);
    if (failed) {
        fprintf(stderr, "ggml_cuda_init: failed to initialize CUDA: %s\n", cudaGetErrorString(failed));
        devices = 0;
        return &the_backend;
    }
    if (devices > MOST) {
        fprintf(stderr, "ggml-cuda.cu:251: GGML_ASSERT(info.device_count <= GGML_CUDA_MAX_DEVICES) failed\n");
        abort();
    }
    fprintf(stderr, "ggml_cuda_init: found %d CUDA devices:\n", devices);
    for (int index = 0; index < devices; index++) {
        unsigned bus = 0, slot = 0;
        cudaDeviceGetPCIBusId(pci_ids[index], sizeof pci_ids[index], index);
        sscanf(pci_ids[index], "%*x:%x:%x", &bus, &slot);
        snprintf(names[index], sizeof names[index], LIBRARY "%d", index);
        /* That of a virtual GPU at this address, so that it is found again when a server asks for it by its id. */
        snprintf(ids[index], sizeof ids[index], "GPU-76677075-0000-8000-8000-%012x", (bus & 0xff) << 8 | (slot & 0xff));
        memcpy(&all[index], &a_device, sizeof a_device);
        all[index].reg = &the_backend;
    }
    the_buffer_type.get_name = buffer_name;
    the_buffer_type.get_alignment = alignment;
    the_buffer_type.device = &all[0];
    the_backend_of_the_device.get_name = backend_name;
    the_backend_of_the_device.free = free_nothing;
    the_backend_of_the_device.device = &all[0];
    return &the_backend;
}

/* What a real backend needs of the other libraries. */
void *const needed[] = {(void *)cublasCreate_v2, (void *)cuMemCreate};
