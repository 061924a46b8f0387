/* posix_spawn of argv[1..], wait. */
#include <spawn.h>
#include <stdio.h>
#include <sys/wait.h>

extern char **environ;

int main(int argc, char **argv) {
    int status = 0;
    pid_t child = 0;
    if (posix_spawn(&child, argv[1], NULL, NULL, argv + 1, environ) != 0) return 1;
    waitpid(child, &status, 0);
    printf("child %d code %d\n", child, WEXITSTATUS(status));
    return 0;
}
