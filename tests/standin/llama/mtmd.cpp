// Stands for libmtmd, of which discovery needs nothing but its presence.
#include "parts.h"

void mtmd_log_set(ggml_log_callback callback, void *data) {
    llama_log_set(callback, data);
}
