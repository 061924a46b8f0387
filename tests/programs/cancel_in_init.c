/* Cancels a thread that is inside ggml_backend_init of argv[1], which never returns. */
#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <unistd.h>

static void cleaned(void *nothing) { puts("cleaned up"); }

static void *wait_for_init(void *init) {
    pthread_cleanup_push(cleaned, NULL);
    ((void *(*)(void))init)();
    pthread_cleanup_pop(0);
    return NULL;
}

int main(int argc, char **argv) {
    pthread_t thread;
    void *result = NULL, *handle = dlopen(argv[1], RTLD_NOW);
    pthread_create(&thread, NULL, wait_for_init, dlsym(handle, "ggml_backend_init"));
    usleep(50000);
    pthread_cancel(thread);
    pthread_join(thread, &result);
    puts(result == PTHREAD_CANCELED ? "cancelled" : "ended");
    return 0;
}
