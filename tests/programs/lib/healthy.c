/* A backend with no device and nothing wrong. Its ballast makes it long enough to be cut in many places. */
#include "backend.h"

const char ballast[40000] = "ballast";
char written[20000] = "written";

struct backend_reg *ggml_backend_init(void) { return &the_backend; }
