/* The few functions of the real ggml loader that the stand-in calls. They are looked up when they are called: the
 * loader belongs to the tree that is laid out, not to this program. */
#include <stdbool.h>
#include <stddef.h>

/* ggml_backend_dev_props of ggml-backend.h, with room for later members. */
struct standin_facts {
    const char *name;
    const char *description;
    size_t memory_free;
    size_t memory_total;
    int kind;
    const char *device_id;
    unsigned char more[256];
};

/* dlopen with RTLD_NOW. Returns the loader's error text, or NULL. */
const char *standin_open(const char *path, bool global);

void standin_load_all_from(const char *folder);
void *standin_load(const char *path);
size_t standin_backend_count(void *backend);
void *standin_backend_device(void *backend, size_t index);
size_t standin_count(void);
void *standin_device(size_t index);
int standin_kind(void *device);
const char *standin_library(void *device);
void standin_describe(void *device, struct standin_facts *facts);
void standin_start(void *device);
