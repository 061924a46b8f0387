/* The first call of a CUDA runtime (first argument): its result and the runtime's own words for it. */
#include <dlfcn.h>
#include <stdio.h>

int main(int count, char **words) {
    void *library = dlopen(words[1], RTLD_NOW);
    if (!library) {
        puts(dlerror());
        return 1;
    }
    int (*devices)(int *) = (int (*)(int *))dlsym(library, "cudaGetDeviceCount");
    const char *(*text)(int) = (const char *(*)(int))dlsym(library, "cudaGetErrorString");
    int found = 0;
    int code = devices(&found);
    printf("%d %s\n", code, text(code));
    return 0;
}
