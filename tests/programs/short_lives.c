/* 200 children, each with an exec of argv[1] and a code of its own (N mod 200 + 1), ended within milliseconds. */
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

int main(int argc, char **argv) {
    int wrong = 0;
    for (int at = 0; at < 200; at++) {
        char code[16];
        int status = 0;
        snprintf(code, sizeof code, "%d", at + 1);
        pid_t child = fork();
        if (child == 0) {
            execl(argv[1], argv[1], code, NULL);
            _exit(255);
        }
        waitpid(child, &status, 0);
        wrong += WEXITSTATUS(status) != at + 1;
    }
    printf("wrong %d\n", wrong);
    return 0;
}
