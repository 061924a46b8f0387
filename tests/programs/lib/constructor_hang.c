/* A constructor never comes back. */
#include <unistd.h>

#include "backend.h"

__attribute__((constructor)) static void set_up(void) {
    for (;;) pause();
}

struct backend_reg *ggml_backend_init(void) { return &the_backend; }
