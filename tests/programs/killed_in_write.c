// A child says much on a pipe as its standard output that nobody reads, and is killed when the pipe is full: the call never
// comes back to it, but had written what the pipe holds.
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum { MUCH = 1 << 20, HOLDS = 1 << 16 };

int main(void) {
    static char words[MUCH];
    memset(words, 'w', sizeof words);
    int ends[2];
    if (pipe(ends) != 0) return 1;
    pid_t child = fork();
    if (child < 0) return 2;
    if (child == 0) {
        dup2(ends[1], 1);
        write(1, words, sizeof words);
        _exit(3);
    }
    int held = 0;
    while (held < HOLDS) {
        if (ioctl(ends[0], FIONREAD, &held) != 0) return 4;
        usleep(1000);
    }
    kill(child, SIGKILL);
    return waitpid(child, NULL, 0) == child ? 0 : 5;
}
