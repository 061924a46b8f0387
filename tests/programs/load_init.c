/* Loads a backend as ggml does: dlopen, ggml_backend_init, and its answer. Prints each step. */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/backend.h"

typedef struct backend_reg *init_function(void);

__attribute__((noinline)) struct backend_reg *start_backend(init_function *init) {
    struct backend_reg *backend = init();
    return backend;
}

int main(int argc, char **argv) {
    int mode = argc > 2 && strcmp(argv[2], "lazy") == 0 ? RTLD_LAZY : RTLD_NOW;
    void *handle = dlopen(argv[1], mode | RTLD_LOCAL);
    puts(handle ? "loaded" : "failed");
    fflush(stdout);
    if (handle == NULL) return 1;
    init_function *init = (init_function *)dlsym(handle, "ggml_backend_init");
    puts(init ? "has init" : "has no init");
    fflush(stdout);
    if (init == NULL) return 1;
    struct backend_reg *backend = start_backend(init);
    if (backend == NULL) puts("init says NULL");
    else printf("version %d name %s\n", backend->api_version, backend->get_name(backend));
    return 0;
}
