/* Loads GPU backends as a ggml program does: demo_ggml LOADER_LIBRARY FOLDER
 *
 * Opens the real loader (libggml.so of any release), lets it load every backend it finds in FOLDER, and prints which
 * ones answered. Exits 0 when the loader ran, 1 when it could not be opened. */
#include <dlfcn.h>
#include <stddef.h>
#include <stdio.h>

typedef void (*load_all_t)(const char *folder);
typedef size_t (*count_t)(void);
typedef void *(*get_t)(size_t index);
typedef const char *(*name_t)(void *object);

static void *need(void *library, const char *symbol) {
    void *address = dlsym(library, symbol);
    if (address == NULL)
        fprintf(stderr, "demo_ggml: %s\n", dlerror());
    return address;
}

static void print_all(void *loader, const char *what, const char *count, const char *get, const char *name) {
    count_t count_of = (count_t)need(loader, count);
    get_t object_at = (get_t)need(loader, get);
    name_t name_of = (name_t)need(loader, name);
    if (count_of == NULL || object_at == NULL || name_of == NULL)
        return;
    printf("demo_ggml: %zu %s:", count_of(), what);
    for (size_t index = 0; index < count_of(); index++)
        printf(" %s", name_of(object_at(index)));
    printf("\n");
}

int main(int argc, char **argv) {
    if (argc != 3) {
        fprintf(stderr, "usage: demo_ggml LOADER_LIBRARY FOLDER\n");
        return 2;
    }
    void *loader = dlopen(argv[1], RTLD_NOW | RTLD_LOCAL);
    if (loader == NULL) {
        fprintf(stderr, "demo_ggml: %s\n", dlerror());
        return 1;
    }
    load_all_t load_all = (load_all_t)need(loader, "ggml_backend_load_all_from_path");
    if (load_all == NULL)
        return 1;
    load_all(argv[2]);
    print_all(loader, "backends", "ggml_backend_reg_count", "ggml_backend_reg_get", "ggml_backend_reg_name");
    print_all(loader, "devices", "ggml_backend_dev_count", "ggml_backend_dev_get", "ggml_backend_dev_name");
    return 0;
}
