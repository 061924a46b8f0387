/* Loads a library that its own RUNPATH leads to, and none of its caller's. */
#include <dlfcn.h>
#include <stddef.h>

int load_inner(void) {
    void *inner = dlopen("libvgputrace_inner.so", RTLD_NOW);
    return inner != NULL;
}
