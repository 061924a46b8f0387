/* Exports nothing anybody asks for and works in a constructor: it looks for a driver that is not there. */
#include <dlfcn.h>

__attribute__((constructor)) static void set_up(void) { dlopen("libcuda_vgputrace_absent.so.1", RTLD_NOW); }
