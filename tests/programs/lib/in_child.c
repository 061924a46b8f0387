/* A preloaded library whose constructor acts in the processes that Ollama starts, and not in Ollama itself: it writes to
 * NULL; with LEAVES it ends the process; with TAKES it takes the port that the process was given. */
#include <arpa/inet.h>
#include <netinet/in.h>
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

static void take(int number) {
    struct sockaddr_in place = {.sin_family = AF_INET, .sin_port = htons((unsigned short)number)};
    place.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int one = socket(AF_INET, SOCK_STREAM, 0);
    if (number && bind(one, (struct sockaddr *)&place, sizeof place) == 0) listen(one, 1);
}

__attribute__((constructor)) static void set_up(void) {
    if (!getenv("OLLAMA_LIBRARY_PATH") && !getenv("GGML_BACKEND_PATH")) return;
#if defined LEAVES
    _exit(3);
#elif defined TAKES
    take(port());
#else
    writes_to_null();
#endif
    (void)take, (void)port;
}
