/* Prints who called, frame by frame, in a constructor and in ggml_backend_init. */
#include <dlfcn.h>
#include <execinfo.h>
#include <stdio.h>
#include <string.h>

#include "backend.h"

static __attribute__((noinline)) void print_callers(const char *where) {
    void *frames[64];
    int count = backtrace(frames, 64);
    printf("%s: %d frames\n", where, count);
    for (int at = 0; at < count; at++) {
        Dl_info info = {0};
        int known = dladdr(frames[at], &info);
        const char *slash = known && info.dli_fname ? strrchr(info.dli_fname, '/') : NULL;
        printf("  %s %s\n", slash ? slash : "?", known && info.dli_sname ? info.dli_sname : "?");
    }
    fflush(stdout);
}

__attribute__((constructor)) static void set_up(void) { print_callers("constructor"); }

struct backend_reg *ggml_backend_init(void) {
    print_callers("ggml_backend_init");
    return &the_backend;
}
