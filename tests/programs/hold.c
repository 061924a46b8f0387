/* Loads each argument lazily, says "ready", and keeps everything mapped until it is killed. */
#include <dlfcn.h>
#include <stdio.h>
#include <unistd.h>

int main(int argc, char **argv) {
    for (int at = 1; at < argc; at++) dlopen(argv[at], RTLD_LAZY);
    puts("ready");
    fflush(stdout);
    for (;;) pause();
}
