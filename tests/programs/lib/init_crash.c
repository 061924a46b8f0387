/* ggml_backend_init reads ADDRESS, in a function of its own. */
#include <stddef.h>

__attribute__((noinline)) int reads_a_bad_address(void) { return *(volatile int *)ADDRESS; }

void *ggml_backend_init(void) { return reads_a_bad_address() ? (void *)&reads_a_bad_address : NULL; }
