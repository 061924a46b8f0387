// Stands for libllama-server-impl: the option table, which loads the backends before any option is read; the list of
// devices; and the start of a server that has no model.
#include "parts.h"

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <thread>

namespace {

// ggml's kind of the CPU (ggml-backend.h).
const int kind_cpu = 0;

const size_t mebibyte = 1024 * 1024;

[[noreturn]] void list_devices() {
    ggml_backend_load_all();
    printf("Available devices:\n");
    bool none = true;
    for (size_t index = 0; index < ggml_backend_dev_count(); index++) {
        void *device = ggml_backend_dev_get(index);
        if (ggml_backend_dev_type(device) == kind_cpu) continue;
        size_t free = 0, total = 0;
        ggml_backend_dev_memory(device, &free, &total);
        printf("  %s: %s (%zu MiB, %zu MiB free)\n", ggml_backend_dev_name(device),
               ggml_backend_dev_description(device), total / mebibyte, free / mebibyte);
        none = false;
    }
    if (none) printf("  (none)\n");
    exit(0);
}

// A device that LLAMA_ARG_DEVICE names and nobody has ends the program.
void check_device_variable() {
    const char *value = getenv("LLAMA_ARG_DEVICE");
    if (!value || strcmp(value, "none") == 0) return;
    std::string names(value);
    for (char *name = strtok(names.data(), ","); name; name = strtok(nullptr, ",")) {
        void *device = ggml_backend_dev_by_name(name);
        if (device && ggml_backend_dev_type(device) != kind_cpu) continue;
        fprintf(stderr, "error while handling environment variable \"LLAMA_ARG_DEVICE\": invalid device: %s\n\n", name);
        exit(1);
    }
}

// `CPU : SSE3 = 1 | ... | CUDA : ARCHS = 750,800 | `: what each backend says of itself.
std::string features() {
    std::string all;
    for (size_t index = 0; index < ggml_backend_reg_count(); index++) {
        void *backend = ggml_backend_reg_get(index);
        typedef ggml_backend_feature *(*get_features)(void *);
        auto get = reinterpret_cast<get_features>(
            ggml_backend_reg_get_proc_address(backend, "ggml_backend_get_features"));
        if (!get) continue;
        all += ggml_backend_reg_name(backend);
        all += " : ";
        for (ggml_backend_feature *one = get(backend); one && one->name; one++) {
            all += std::string(one->name) + " = " + one->value + " | ";
        }
    }
    return all;
}

} // namespace

int llama_server(int argc, char **argv) {
    common_init();
    mtmd_log_set(common_log_default_callback, nullptr);
    llama_supports_rpc();
    check_device_variable();
    for (int index = 1; index < argc; index++) {
        if (strcmp(argv[index], "--list-devices") == 0) list_devices();
        if (strcmp(argv[index], "--verbose") == 0) common_log_verbose();
    }
    unsigned threads = std::thread::hardware_concurrency();
    common_log('I', "common_params_print_info: build 10361 (stand-in) with GNU %s for Linux x86_64\n", __VERSION__);
    common_log('I', "common_params_print_info: verbosity = 2147483647 (adjust with the `-lv N` CLI arg)\n");
    common_log('I', "system_info: n_threads = %u (n_threads_batch = %u) / %u | %s\n", threads, threads, threads,
               features().c_str());
    // The real one ends after 3 ms if it is not killed before; on a busy machine that would be a race.
    std::this_thread::sleep_for(std::chrono::seconds(2));
    common_log('E', "failed to initialize router models: subprocess is not enabled on this build\n");
    return 1;
}
