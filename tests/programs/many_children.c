/* Makes argv[1] children, 16 alive at most, each of which ends at once; says how many ended well. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

int main(int argc, char **argv) {
    int wanted = atoi(argv[1]), alive = 0, made = 0, good = 0, status;
    while (made < wanted || alive > 0) {
        if (made < wanted && alive < 16) {
            pid_t pid = fork();
            if (pid == 0) _exit(0);
            if (pid < 0) return 1;
            made++, alive++;
        } else if (wait(&status) > 0) {
            alive--;
            good += status == 0;
        }
    }
    printf("%d ended well\n", good);
    return 0;
}
