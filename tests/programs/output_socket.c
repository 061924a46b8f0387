/* Standard output is a socket: sendto and write on it. The other end is read, its length printed to stderr. */
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

int main(void) {
    int ends[2];
    char heard[256];
    socketpair(AF_UNIX, SOCK_STREAM, 0, ends);
    dup2(ends[0], 1);
    sendto(1, "by sendto\n", 10, 0, NULL, 0);
    write(1, "by write\n", 9);
    fprintf(stderr, "heard %zd\n", read(ends[1], heard, sizeof heard));
    return 0;
}
