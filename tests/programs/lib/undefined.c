/* Refers to a function that nobody defines. */
#include "backend.h"

extern int vgputrace_defined_nowhere(int value);

struct backend_reg *ggml_backend_init(void) {
    return vgputrace_defined_nowhere(1) ? &the_backend : NULL;
}
