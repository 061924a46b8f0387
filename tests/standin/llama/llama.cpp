// Stands for libllama: hands the log on to ggml, and loads the backends when it is asked what it supports.
#include "parts.h"

void llama_log_set(ggml_log_callback callback, void *data) {
    ggml_log_set(callback, data);
}

bool llama_supports_rpc(void) {
    if (ggml_backend_reg_count() == 0) ggml_backend_load_all();
    return ggml_backend_reg_by_name("RPC") != NULL;
}
