/* A preloaded dlopen that asks the real one. With REFUSES it gives NULL for what has cuda in its name, and asks nobody. */
#include <dlfcn.h>
#include <string.h>

void *dlopen(const char *file, int mode) {
#ifdef REFUSES
    if (file && strstr(file, "cuda")) return NULL;
#endif
    void *(*real)(const char *, int) = dlsym(RTLD_NEXT, "dlopen");
    void *handle = real(file, mode);
    return handle;
}
