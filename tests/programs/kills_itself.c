/* Sends itself the signal argv[1]. */
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

int main(int argc, char **argv) {
    kill(getpid(), atoi(argv[1]));
    for (;;) pause();
}
