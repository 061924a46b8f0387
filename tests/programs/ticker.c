/* Appends a number to the file argv[1] every 10 ms, argv[2] times, loading a library each time; then "done". */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

int main(int argc, char **argv) {
    FILE *file = fopen(argv[1], "a");
    puts("ready");
    fflush(stdout);
    for (int at = 0; at < atoi(argv[2]); at++) {
        void *handle = dlopen("libm.so.6", RTLD_NOW);
        fprintf(file, "%d %s\n", at, handle && dlsym(handle, "cos") ? "good" : "bad");
        fflush(file);
        dlclose(handle);
        usleep(10000);
    }
    fputs("done\n", file);
    fclose(file);
    return 0;
}
