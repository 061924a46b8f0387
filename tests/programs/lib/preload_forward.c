/* A preloaded dlopen that asks the real one. */
#include <dlfcn.h>

void *dlopen(const char *file, int mode) {
    void *(*real)(const char *, int) = dlsym(RTLD_NEXT, "dlopen");
    void *handle = real(file, mode);
    return handle;
}
