/* Tries to exec each argument, in vain, and prints the error numbers. */
#include <errno.h>
#include <stdio.h>
#include <unistd.h>

int main(int argc, char **argv) {
    for (int at = 1; at < argc; at++) {
        char *none[] = {argv[at], NULL};
        execve(argv[at], none, none + 1);
        printf("%d\n", errno);
    }
    return 0;
}
