/* dlmopens each argument into a namespace of its own. */
#include <dlfcn.h>
#include <stdio.h>

__attribute__((noinline)) void *load_apart(const char *file) {
    void *handle = dlmopen(LM_ID_NEWLM, file, RTLD_NOW);
    return handle;
}

int main(int argc, char **argv) {
    for (int at = 1; at < argc; at++) puts(load_apart(argv[at]) ? "loaded" : "failed");
    return 0;
}
