/* Eight threads open one file each: ARGV1/thread-N. */
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>

static const char *folder;

static void *look(void *number) {
    char path[4096];
    snprintf(path, sizeof path, "%s/thread-%ld", folder, (long)number);
    open(path, O_RDONLY);
    return NULL;
}

int main(int argc, char **argv) {
    pthread_t threads[8];
    folder = argv[1];
    for (long at = 0; at < 8; at++) pthread_create(&threads[at], NULL, look, (void *)at);
    for (int at = 0; at < 8; at++) pthread_join(threads[at], NULL);
    return 0;
}
