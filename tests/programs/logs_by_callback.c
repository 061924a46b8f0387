/* Gives a line to the function of a library (first argument) that has the name of the second argument. */
#include <dlfcn.h>
#include <stdio.h>

int main(int count, char **words) {
    void *library = dlopen(words[1], RTLD_NOW);
    void (*log)(int, const char *, void *) = library ? (void (*)(int, const char *, void *))dlsym(library, words[2]) : 0;
    if (!log) return 1;
    log(3, "load_backend: failed to find backend\n", NULL);
    puts("said");
    return 0;
}
