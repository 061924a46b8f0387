/* A thread that is not the first one execs argv[1..]; the kernel ends all others and gives it the process id. */
#include <pthread.h>
#include <unistd.h>

static void *become(void *argv) {
    execv(((char **)argv)[1], (char **)argv + 1);
    return NULL;
}

int main(int argc, char **argv) {
    pthread_t thread;
    pthread_create(&thread, NULL, become, argv);
    for (;;) pause();
}
