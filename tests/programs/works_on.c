// Works on until there is a file FOLDER/stop, then ends with code 5: two threads open a file again and again, a third sends the
// main thread SIGURG as Go's scheduler does, and the main thread ticks into FOLDER/ticks, starts children where there is a /bin/true, and asks for a
// library that is not there. Prints "ready" when all of it has begun.
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;
static atomic_int over;
static pthread_t first;

static void nothing(int signal) { (void)signal; }

static void *opens(void *unused) {
    while (!over) {
        int fd = open("/etc/hostname", O_RDONLY);
        if (fd >= 0) close(fd);
        usleep(5000);
    }
    return unused;
}

static void *urges(void *unused) {
    while (!over) {
        pthread_kill(first, SIGURG);
        usleep(3000);
    }
    return unused;
}

int main(int argc, char **argv) {
    if (argc < 2) return 2;
    char stop[4096], ticks[4096];
    snprintf(stop, sizeof stop, "%s/stop", argv[1]);
    snprintf(ticks, sizeof ticks, "%s/ticks", argv[1]);
    struct sigaction action = {.sa_handler = nothing, .sa_flags = SA_RESTART};
    sigaction(SIGURG, &action, NULL);
    first = pthread_self();
    pthread_t threads[3];
    pthread_create(&threads[0], NULL, opens, NULL);
    pthread_create(&threads[1], NULL, opens, NULL);
    pthread_create(&threads[2], NULL, urges, NULL);
    puts("ready");
    fflush(stdout);
    for (int turn = 0; access(stop, F_OK) != 0; turn++) {
        int fd = open(ticks, O_WRONLY | O_CREAT | O_APPEND, 0666);
        if (fd < 0 || write(fd, ".", 1) != 1) return 3;
        close(fd);
        dlopen("libnot-there.so", RTLD_NOW);
        char *child[] = {"/bin/true", NULL};
        pid_t pid;
        int status = 0;
        int error = posix_spawn(&pid, child[0], NULL, NULL, child, environ);
        if (error != 0 && error != ENOENT) return 4;
        if (error == 0 && (waitpid(pid, &status, 0) != pid || status != 0)) return 6;
        usleep(20000);
    }
    over = 1;
    for (int index = 0; index < 3; index++) pthread_join(threads[index], NULL);
    return 5;
}
