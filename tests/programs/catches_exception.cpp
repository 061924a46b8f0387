/* Catches, a hundred times, what ggml_backend_init of argv[2] throws through call_init of argv[1]. */
#include <cstdio>
#include <dlfcn.h>
#include <stdexcept>

int main(int, char **argv) {
    void *between = dlopen(argv[1], RTLD_NOW), *thrower = dlopen(argv[2], RTLD_NOW);
    auto call = reinterpret_cast<void (*)(void *(*)())>(dlsym(between, "call_init"));
    auto init = reinterpret_cast<void *(*)()>(dlsym(thrower, "ggml_backend_init"));
    for (int at = 0; at < 100; at++) {
        try {
            call(init);
        } catch (const std::runtime_error &error) {
            std::printf("caught: %s\n", error.what());
        }
    }
    return 0;
}
