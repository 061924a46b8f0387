/* ggml_backend_init throws twice: once caught inside, once through its callers. */
#include <cstdio>
#include <stdexcept>

extern "C" void *ggml_backend_init() {
    try {
        throw 42;
    } catch (int number) {
        std::printf("caught inside: %d\n", number);
    }
    throw std::runtime_error("through ggml_backend_init");
}
