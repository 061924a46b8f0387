/* dlsym with RTLD_DEFAULT and with RTLD_NEXT, each once found and once not. */
#include <dlfcn.h>
#include <stdio.h>

int main(void) {
    puts(dlsym(RTLD_DEFAULT, "printf") ? "found" : "missing");
    puts(dlsym(RTLD_DEFAULT, "vgputrace_no_default") ? "found" : "missing");
    puts(dlsym(RTLD_NEXT, "printf") ? "found" : "missing");
    puts(dlsym(RTLD_NEXT, "vgputrace_no_next") ? "found" : "missing");
    return 0;
}
