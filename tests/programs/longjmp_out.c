/* Leaves ggml_backend_init of argv[1] by longjmp, a thousand times, then loads something else. */
#include <dlfcn.h>
#include <setjmp.h>
#include <stdio.h>

static jmp_buf here;

void escape(void) { longjmp(here, 1); }

int main(int argc, char **argv) {
    static volatile int times;
    void *handle = dlopen(argv[1], RTLD_NOW);
    void *(*init)(void) = (void *(*)(void))dlsym(handle, "ggml_backend_init");
    for (times = 0; times < 1000; times++) {
        if (setjmp(here) == 0) init();
    }
    printf("escaped %d times\n", times);
    puts(dlopen("libm.so.6", RTLD_NOW) ? "loaded" : "failed");
    puts(dlopen("/nowhere/at/all.so", RTLD_NOW) ? "loaded" : "failed");
    return 0;
}
