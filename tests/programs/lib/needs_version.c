/* Needs versioned_two in version TWO. */
#include "backend.h"

extern int versioned_two(void);

struct backend_reg *ggml_backend_init(void) { return versioned_two() ? &the_backend : NULL; }
