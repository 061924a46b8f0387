/* Asks the real ggml loader argv[1] (libggml.*.so) to load all backends of the folder argv[2], as a runner does. */
#include <dlfcn.h>
#include <stdio.h>

int main(int argc, char **argv) {
    void *ggml = dlopen(argv[1], RTLD_NOW | RTLD_GLOBAL);
    if (ggml == NULL) {
        puts("no loader");
        return 1;
    }
    void (*load_all)(const char *) = (void (*)(const char *))dlsym(ggml, "ggml_backend_load_all_from_path");
    size_t (*count)(void) = (size_t (*)(void))dlsym(ggml, "ggml_backend_reg_count");
    void *(*get)(size_t) = (void *(*)(size_t))dlsym(ggml, "ggml_backend_reg_get");
    void *base = dlopen("libggml-base.so", RTLD_NOW | RTLD_NOLOAD);
    const char *(*name)(void *) = (const char *(*)(void *))dlsym(base, "ggml_backend_reg_name");
    load_all(argv[2]);
    for (size_t at = 0; at < count(); at++) puts(name(get(at)));
    return 0;
}
