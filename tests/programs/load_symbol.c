/* dlopens argv[1], asks for the symbol argv[2], with version argv[3] when given; never asks dlerror. */
#include <dlfcn.h>
#include <stdio.h>

__attribute__((noinline)) void *ask(void *handle, const char *name) {
    void *found = dlsym(handle, name);
    return found;
}

__attribute__((noinline)) void *ask_version(void *handle, const char *name, const char *version) {
    void *found = dlvsym(handle, name, version);
    return found;
}

int main(int argc, char **argv) {
    void *handle = dlopen(argv[1], RTLD_NOW | RTLD_LOCAL);
    void *found = argc > 3 ? ask_version(handle, argv[2], argv[3]) : ask(handle, argv[2]);
    puts(found ? "found" : "missing");
    return 0;
}
