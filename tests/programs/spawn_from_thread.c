/* A thread forks and execs argv[1..]; the main thread waits for both. */
#include <pthread.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

static void *start(void *argv) {
    if (fork() == 0) {
        execv(((char **)argv)[1], (char **)argv + 1);
        _exit(99);
    }
    return NULL;
}

int main(int argc, char **argv) {
    pthread_t thread;
    int status = 0;
    pthread_create(&thread, NULL, start, argv);
    pthread_join(thread, NULL);
    pid_t child = wait(&status);
    printf("child %d code %d\n", child, WEXITSTATUS(status));
    return 0;
}
