/* Calls an init function of another library and lets its exception pass. */
#include <cstdio>
#include <exception>

extern "C" void call_init(void *(*init)()) {
    try {
        init();
    } catch (const std::exception &error) {
        std::printf("passing by: %s\n", error.what());
        throw;
    }
}
