/* dlopens each argument and prints what dlerror says; "loaded" for none. With "SYMBOL@VERSION" after a path and a
   comma it also looks that symbol up. */
#include <dlfcn.h>
#include <stdio.h>
#include <string.h>

static void look_up(void *handle, char *symbol) {
    char *version = strchr(symbol, '@');
    if (version != NULL) *version++ = 0;
    if (version != NULL) dlvsym(handle, symbol, version);
    else dlsym(handle, symbol);
}

int main(int argc, char **argv) {
    for (int at = 1; at < argc; at++) {
        char *symbol = strchr(argv[at], ',');
        if (symbol != NULL) *symbol++ = 0;
        void *handle = dlopen(argv[at], RTLD_NOW | RTLD_LOCAL);
        if (handle != NULL && symbol != NULL) look_up(handle, symbol);
        char *error = dlerror();
        puts(error != NULL ? error : "loaded");
    }
    return 0;
}
