/* Somebody ends the process by SIGKILL while the backend starts. */
#include <signal.h>
#include <unistd.h>

#include "backend.h"

struct backend_reg *ggml_backend_init(void) {
    kill(getpid(), SIGKILL);
    return &the_backend;
}
