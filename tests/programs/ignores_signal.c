/* Ignores SIGHUP, sends it to itself, and ends well. */
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

int main(void) {
    signal(SIGHUP, SIG_IGN);
    kill(getpid(), SIGHUP);
    puts("still here");
    return 0;
}
