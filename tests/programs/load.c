/* dlopens each argument and never asks dlerror. */
#include <dlfcn.h>
#include <stdio.h>

__attribute__((noinline)) void *load_it(const char *file) {
    void *handle = dlopen(file, RTLD_NOW | RTLD_LOCAL);
    return handle;
}

int main(int argc, char **argv) {
    for (int at = 1; at < argc; at++) {
        puts(load_it(argv[at]) ? "loaded" : "failed");
        fflush(stdout);
    }
    return 0;
}
