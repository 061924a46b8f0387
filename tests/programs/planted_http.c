/* A server on 127.0.0.1 and its client in a child: the client sends the file argv[1], the server answers with argv[2]. */
#include <arpa/inet.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static char text[16384];

static long slurp(const char *path) {
    int fd = open(path, O_RDONLY);
    long length = read(fd, text, sizeof text);
    close(fd);
    return length;
}

int main(int argc, char **argv) {
    struct sockaddr_in here = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof here;
    int server = socket(AF_INET, SOCK_STREAM, 0);
    bind(server, (struct sockaddr *)&here, sizeof here);
    listen(server, 8);
    getsockname(server, (struct sockaddr *)&here, &size);
    if (fork() == 0) {
        int one = socket(AF_INET, SOCK_STREAM, 0);
        connect(one, (struct sockaddr *)&here, sizeof here);
        write(one, text, slurp(argv[1]));
        while (read(one, text, sizeof text) > 0) continue;
        _exit(0);
    }
    int one = accept(server, NULL, NULL);
    read(one, text, sizeof text);
    write(one, text, slurp(argv[2]));
    close(one);
    wait(NULL);
    return 0;
}
