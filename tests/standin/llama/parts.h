// What the parts of the stand-in for llama-server share: the ggml functions they call (of the real libggml and
// libggml-base) and each other's few functions. The libraries exist because the real llama-server is made of them: each
// is a name that the dynamic loader asks for, and that can be missing.
#pragma once

#include <stddef.h>

enum ggml_log_level {
    GGML_LOG_LEVEL_NONE,
    GGML_LOG_LEVEL_DEBUG,
    GGML_LOG_LEVEL_INFO,
    GGML_LOG_LEVEL_WARN,
    GGML_LOG_LEVEL_ERROR,
    GGML_LOG_LEVEL_CONT,
};

typedef void (*ggml_log_callback)(enum ggml_log_level level, const char *text, void *data);

struct ggml_backend_feature {
    const char *name;
    const char *value;
};

extern "C" {
// libggml-base
void ggml_log_set(ggml_log_callback callback, void *data);
const char *ggml_backend_reg_name(void *backend);
void *ggml_backend_reg_get_proc_address(void *backend, const char *name);
const char *ggml_backend_dev_name(void *device);
const char *ggml_backend_dev_description(void *device);
void ggml_backend_dev_memory(void *device, size_t *free, size_t *total);
int ggml_backend_dev_type(void *device);
// libggml
void ggml_backend_load_all(void);
size_t ggml_backend_reg_count(void);
void *ggml_backend_reg_get(size_t index);
void *ggml_backend_reg_by_name(const char *name);
size_t ggml_backend_dev_count(void);
void *ggml_backend_dev_get(size_t index);
void *ggml_backend_dev_by_name(const char *name);
// libllama
void llama_log_set(ggml_log_callback callback, void *data);
bool llama_supports_rpc(void);
// libmtmd
void mtmd_log_set(ggml_log_callback callback, void *data);
}

// libllama-common
void common_log_default_callback(enum ggml_log_level level, const char *text, void *data);
void common_log_verbose();
void common_log(char level, const char *format, ...) __attribute__((format(printf, 2, 3)));
void common_init();

// libllama-server-impl
int llama_server(int argc, char **argv);
