/* fork, exec of argv[1..] in the child, wait. Prints the child's pid and code. */
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

int main(int argc, char **argv) {
    int status = 0;
    pid_t child = fork();
    if (child == 0) {
        execv(argv[1], argv + 1);
        _exit(99);
    }
    waitpid(child, &status, 0);
    printf("child %d code %d\n", child, WEXITSTATUS(status));
    return 0;
}
