/* Asks a driver library (first argument) for one attribute, as often as the second argument says, on as many threads as the
 * third says. */
#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

static int (*ask)(int *, int, int);
static long times;

static void *work(void *unused) {
    int value;
    for (long i = 0; i < times; i++) ask(&value, 75, 0);
    return NULL;
}

int main(int count, char **words) {
    void *library = dlopen(words[1], RTLD_NOW);
    if (!library) {
        puts(dlerror());
        return 1;
    }
    ask = dlsym(library, "cuDeviceGetAttribute");
    times = atol(words[2]);
    int threads = atoi(words[3]);
    pthread_t all[64];
    for (int i = 0; i < threads; i++) pthread_create(&all[i], NULL, work, NULL);
    for (int i = 0; i < threads; i++) pthread_join(all[i], NULL);
    puts("asked");
    return 0;
}
