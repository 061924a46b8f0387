/* A server on 127.0.0.1 with the endpoints of a discovery, and others, and a client of it in a child process. The
   answer of /other and the prompt of /api/generate are nobody's business. */
#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static const char *requests[] = {
    "GET /info HTTP/1.1\r\nHost: x\r\n\r\n",
    "GET /health HTTP/1.1\r\nHost: x\r\n\r\n",
    "GET /props HTTP/1.1\r\nHost: x\r\n\r\n",
    "GET /other HTTP/1.1\r\nHost: x\r\n\r\n",
    "POST /api/generate HTTP/1.1\r\nContent-Length: 30\r\n\r\n{\"prompt\":\"why-is-anna-angry\"}",
};
static const char *answers[] = {
    "HTTP/1.1 200 OK\r\nContent-Length: 27\r\n\r\n[{\"Library\":\"CUDA-tracee\"}]",
    "HTTP/1.1 200 OK\r\nContent-Length: 15\r\n\r\n{\"status\":\"ok\"}",
    "HTTP/1.1 200 OK\r\nContent-Length: 17\r\n\r\n{\"model\":\"small\"}",
    "HTTP/1.1 200 OK\r\nContent-Length: 22\r\n\r\nnobody's business here",
    "HTTP/1.1 200 OK\r\nContent-Length: 24\r\n\r\n{\"response\":\"no-secret\"}",
};

static void ask(const struct sockaddr_in *server) {
    char heard[1024];
    for (int at = 0; at < 5; at++) {
        int one = socket(AF_INET, SOCK_STREAM, 0);
        connect(one, (struct sockaddr *)server, sizeof *server);
        write(one, requests[at], strlen(requests[at]));
        while (read(one, heard, sizeof heard) > 0) continue;
        close(one);
    }
}

int main(void) {
    struct sockaddr_in here = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof here;
    int server = socket(AF_INET, SOCK_STREAM, 0), taken = socket(AF_INET, SOCK_STREAM, 0);
    bind(server, (struct sockaddr *)&here, sizeof here);
    listen(server, 8);
    getsockname(server, (struct sockaddr *)&here, &size);
    bind(taken, (struct sockaddr *)&here, sizeof here);
    printf("%d\n", ntohs(here.sin_port));
    fflush(stdout);
    if (fork() == 0) {
        ask(&here);
        _exit(0);
    }
    for (int at = 0; at < 5; at++) {
        char heard[1024];
        int one = accept(server, NULL, NULL);
        read(one, heard, sizeof heard);
        write(one, answers[at], strlen(answers[at]));
        close(one);
    }
    wait(NULL);
    here.sin_port = htons(1);
    connect(taken, (struct sockaddr *)&here, sizeof here);
    return 0;
}
