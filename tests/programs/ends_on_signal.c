/* Says its pid, and ends with 7 on SIGINT and with 8 on SIGTERM. */
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

static void leave(int number) { _exit(number == SIGINT ? 7 : 8); }

int main(void) {
    signal(SIGINT, leave);
    signal(SIGTERM, leave);
    printf("ready %d\n", getpid());
    fflush(stdout);
    for (;;) pause();
}
