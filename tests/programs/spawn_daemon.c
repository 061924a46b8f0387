/* Double fork and setsid; the grandchild, whose parent has gone, execs argv[1..]. Ends when the grandchild has. */
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

int main(int argc, char **argv) {
    int gone[2];
    char byte;
    pipe(gone);
    pid_t child = fork();
    if (child == 0) {
        setsid();
        if (fork() != 0) _exit(0);
        execv(argv[1], argv + 1);
        _exit(99);
    }
    close(gone[1]);
    waitpid(child, NULL, 0);
    read(gone[0], &byte, 1); /* end of file: the last holder of the pipe has ended */
    puts("grandchild ended");
    return 0;
}
