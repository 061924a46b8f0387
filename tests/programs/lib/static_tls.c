/* A backend with more thread-local storage of the old kind than the loader keeps room for. */
#include "backend.h"

__attribute__((tls_model("initial-exec"))) __thread char large[1 << 20];

struct backend_reg *ggml_backend_init(void) {
    large[0] = 1;
    return &the_backend;
}
