/* A preloaded library whose constructor acts in the processes that Ollama starts, and not in Ollama itself: it writes to
 * NULL; with LEAVES it ends the process; with TAKES it takes the port that the process was given; with ANSWERS a second
 * process takes it and answers every question with a greeting; with MOVES the last folder that it was given is moved away. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

__attribute__((noinline)) void writes_to_null(void) { *(volatile int *)0 = 1; }

/* The port in the process's own arguments; 0 for none. */
static int port(void) {
    static char arguments[4096];
    FILE *file = fopen("/proc/self/cmdline", "r");
    size_t length = file ? fread(arguments, 1, sizeof arguments - 1, file) : 0;
    if (file) fclose(file);
    for (char *one = arguments; one < arguments + length; one += strlen(one) + 1)
        if (strcmp(one, "--port") == 0) return atoi(one + strlen(one) + 1);
    return 0;
}

/* The listening socket; -1 for none. */
static int take(int number) {
    struct sockaddr_in place = {.sin_family = AF_INET, .sin_port = htons((unsigned short)number)};
    place.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int one = socket(AF_INET, SOCK_STREAM, 0);
    if (!number || bind(one, (struct sockaddr *)&place, sizeof place) != 0) return -1;
    return listen(one, 8) == 0 ? one : -1;
}

/* Until nobody has asked for two seconds. */
static void answer(int listening) {
    static const char greeting[] =
        "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 6\r\nConnection: close\r\n\r\nhello\n";
    struct pollfd waits = {.fd = listening, .events = POLLIN};
    while (poll(&waits, 1, 2000) == 1) {
        char question[4096];
        int one = accept(listening, NULL, NULL);
        if (one < 0) continue;
        if (read(one, question, sizeof question) > 0 && write(one, greeting, sizeof greeting - 1) < 0) _exit(1);
        close(one);
    }
    _exit(0);
}

/* It listens before the process itself comes to its own work. */
static void answer_elsewhere(int number) {
    int listening = take(number);
    if (listening >= 0 && fork() == 0) answer(listening);
    close(listening);
}

static void move_away(void) {
    char other[4096];
    const char *all = getenv("OLLAMA_LIBRARY_PATH");
    const char *last = all ? strrchr(all, ':') : NULL;
    if (last && snprintf(other, sizeof other, "%s.1", last + 1) > 0) rename(last + 1, other);
}

__attribute__((constructor)) static void set_up(void) {
    if (!getenv("OLLAMA_LIBRARY_PATH") && !getenv("GGML_BACKEND_PATH")) return;
#if defined LEAVES
    _exit(3);
#elif defined TAKES
    take(port());
#elif defined ANSWERS
    answer_elsewhere(port());
#elif defined MOVES
    move_away();
#else
    writes_to_null();
#endif
    (void)answer_elsewhere, (void)take, (void)port, (void)move_away;
}
