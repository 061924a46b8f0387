/* A constructor writes to NULL. */
#include "backend.h"

__attribute__((noinline)) void writes_to_null(void) { *(volatile int *)0 = 1; }

__attribute__((constructor)) static void set_up(void) { writes_to_null(); }

struct backend_reg *ggml_backend_init(void) { return &the_backend; }
