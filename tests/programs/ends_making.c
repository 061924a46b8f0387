// Processes that end in the middle of making threads and children: by exit, by SIGKILL and by another image, ROUNDS of each.
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static void *nothing(void *argument) { return argument; }

static void *make_threads(void *argument)
{
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    pthread_attr_setstacksize(&attributes, 64 << 10);
    for (;;) {
        pthread_t thread;
        pthread_create(&thread, &attributes, nothing, argument);
    }
    return argument;
}

static void *make_children(void *argument)
{
    for (;;) {
        pid_t child = fork();
        if (child == 0)
            _exit(0);
        if (child > 0)
            waitpid(child, NULL, 0);
    }
    return argument;
}

static void end(int way, char *self)
{
    pthread_t thread;
    for (int each = 0; each < 2; each++) {
        pthread_create(&thread, NULL, make_threads, NULL);
        pthread_create(&thread, NULL, make_children, NULL);
    }
    usleep(3000);
    if (way == 0)
        _exit(0);
    if (way == 1)
        kill(getpid(), SIGKILL);
    execl(self, self, "end", (char *)NULL);
    _exit(9);
}

int main(int argc, char **argv)
{
    if (argc < 2 || strcmp(argv[1], "end") == 0)
        return 0;
    int ended[3] = {0, 0, 0};
    for (int round = 0; round < 3 * atoi(argv[1]); round++) {
        pid_t child = fork();
        if (child == 0)
            end(round % 3, argv[0]);
        int status = 0;
        waitpid(child, &status, 0);
        int killed = WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
        int good = round % 3 == 1 ? killed : WIFEXITED(status) && WEXITSTATUS(status) == 0;
        ended[round % 3] += good;
    }
    printf("%d by exit, %d by SIGKILL, %d by another image\n", ended[0], ended[1], ended[2]);
    return 0;
}
