/* Says "ready" and sleeps in nanosleep until it is killed. */
#include <stdio.h>
#include <unistd.h>

int main(void) {
    puts("ready");
    fflush(stdout);
    for (;;) sleep(1000);
}
