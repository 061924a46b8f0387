/* Loads and unloads each file argv[2..], argv[1] times over, without a pause; says "ready" and how many loads were good. */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>

int main(int argc, char **argv) {
    long good = 0;
    puts("ready");
    fflush(stdout);
    for (int round = 0; round < atoi(argv[1]); round++) {
        for (int at = 2; at < argc; at++) {
            void *handle = dlopen(argv[at], RTLD_NOW);
            good += handle && dlclose(handle) == 0;
        }
    }
    printf("%ld good\n", good);
    fflush(stdout);
    return 0;
}
