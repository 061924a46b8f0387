// bench_usage RESULT SECONDS WORDS OUTPUT COMMAND...: runs COMMAND with its output in OUTPUT, at most SECONDS, and writes to
// RESULT: start, when WORDS were seen, end (ns, CLOCK_MONOTONIC), CPU time of it and its children (ns), wait status.
// With WORDS other than "-" the process named in OUTPUT.begin (see bench_begin) is asked to end once they were seen.
#define _GNU_SOURCE
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static long long now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000000000LL + t.tv_nsec;
}
static void nothing(int signal) { (void)signal; }
static void end_target(const char *output) {
    char name[4096];
    long long at;
    int pid;
    snprintf(name, sizeof name, "%s.begin", output);
    FILE *file = fopen(name, "r");
    if (file && fscanf(file, "%lld %d", &at, &pid) == 2 && pid > 1)
        kill(pid, SIGTERM);
    if (file)
        fclose(file);
}
int main(int argc, char **argv) {
    if (argc < 6)
        return 2;
    static char kept[1 << 20];
    size_t length = 0;
    int ends[2], status = 0, out = open(argv[4], O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0644);
    sigset_t chld, old;
    struct sigaction action = {.sa_handler = nothing};
    struct rusage usage = {0};
    sigemptyset(&chld);
    sigaddset(&chld, SIGCHLD);
    sigaction(SIGCHLD, &action, NULL);
    sigprocmask(SIG_BLOCK, &chld, &old);
    if (out < 0 || pipe2(ends, O_CLOEXEC))
        return 2;
    long long start = now(), seen = 0, limit = start + atoll(argv[2]) * 1000000000LL;
    pid_t child = fork();
    if (child == 0) {
        setpgid(0, 0);
        sigprocmask(SIG_SETMASK, &old, NULL);
        dup2(ends[1], 1);
        dup2(ends[1], 2);
        execvp(argv[5], argv + 5);
        _exit(127);
    }
    close(ends[1]);
    struct pollfd ready = {.fd = ends[0], .events = POLLIN};
    int killed = 0;
    while (wait4(child, &status, WNOHANG, &usage) == 0) {
        struct timespec moment = {.tv_nsec = 100000000};
        if (ppoll(&ready, 1, &moment, &old) > 0) {
            char piece[65536];
            ssize_t got = read(ends[0], piece, sizeof piece);
            if (got <= 0)
                ready.fd = -1;
            else if (write(out, piece, got) < 0)
                return 2;
            if (got > 0 && !seen && argv[3][0] != '-' && length + got < sizeof kept) {
                memcpy(kept + length, piece, got);
                length += got;
                if (memmem(kept, length, argv[3], strlen(argv[3]))) {
                    seen = now();
                    end_target(argv[4]);
                }
            }
        }
        if (now() > limit && !killed++)
            kill(-child, SIGKILL);
    }
    long long end = now();
    char piece[65536];
    ssize_t got;
    fcntl(ends[0], F_SETFL, O_NONBLOCK);
    while ((got = read(ends[0], piece, sizeof piece)) > 0)
        if (write(out, piece, got) < 0)
            return 2;
    long long cpu = (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000000000LL +
                    (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) * 1000LL;
    FILE *result = fopen(argv[1], "w");
    if (!result)
        return 2;
    fprintf(result, "%lld %lld %lld %lld %d\n", start, seen, end, cpu, killed ? -1 : status);
    return fclose(result) != 0;
}
