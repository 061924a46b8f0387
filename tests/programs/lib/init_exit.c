/* ggml_backend_init ends the process without a word. */
#include <unistd.h>

void *ggml_backend_init(void) { _exit(3); }
