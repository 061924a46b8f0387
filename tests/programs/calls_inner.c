/* Asks the library argv[1] to load another one, which only that library's own RUNPATH leads to. */
#include <dlfcn.h>
#include <stdio.h>

int main(int argc, char **argv) {
    void *outer = dlopen(argv[1], RTLD_NOW);
    int (*load_inner)(void) = (int (*)(void))dlsym(outer, "load_inner");
    puts(load_inner() ? "inner loaded" : "inner failed");
    puts(dlopen("libvgputrace_inner.so", RTLD_NOW) ? "loaded again" : "failed here");
    return 0;
}
