/* Says its pid, ignores SIGINT and SIGTERM, and lives for a minute. */
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

int main(void) {
    signal(SIGINT, SIG_IGN);
    signal(SIGTERM, SIG_IGN);
    printf("ready %d\n", getpid());
    fflush(stdout);
    for (int at = 0; at < 60; at++) sleep(1);
    return 0;
}
