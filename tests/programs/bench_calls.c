// bench_calls RESULT MODE COUNT LIBRARY [NAMES [RATE]]: calls functions of a driver library COUNT times, at most RATE times a second,
// and writes to RESULT: when main began, the calls began and ended (ns, CLOCK_MONOTONIC; of told, counted, maps and beside the time
// between is CPU time), CPU time (ns), calls made.
// MODE told: functions with two outputs, in children that call each of them less than a thousand times. MODE counted: one of them, far
// more often than that, in one process. MODE every: all functions that the file NAMES has, on a thread for each processor. MODE maps:
// LIBRARY is loaded and unloaded, and nothing of it is called. MODE beside: LIBRARY is loaded, and a system call is made.
// MODE starts: children are made that start this program without arguments, and end.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <pthread.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "bench_report.h"

#define MOST 2048
#define TURNS 990
typedef int (*Pair)(void *, void *, long);
typedef long (*Any)(void *, void *, void *, void *, void *, void *, void *, void *, void *, void *, void *, void *);

extern char **environ;
static void *library;
static Any every[MOST];
static long functions, count, rate, made;
static char room[64][1024];

static long long clock_of(clockid_t which) {
    struct timespec t;
    clock_gettime(which, &t);
    return t.tv_sec * 1000000000LL + t.tv_nsec;
}
static long long now(void) { return clock_of(CLOCK_MONOTONIC); }
// CPU time of this thread: other work on the machine is not in it.
static long long own(void) { return clock_of(CLOCK_THREAD_CPUTIME_ID); }
static void *find(const char *name) {
    void *found = dlsym(library, name);
    if (!found) {
        fprintf(stderr, "%s is missing\n", name);
        exit(2);
    }
    return found;
}
// Nanoseconds that `turns` calls of each of the three took in a child.
static long long in_child(Pair *pair, long turns) {
    int ends[2];
    long long took = -1;
    if (pipe(ends))
        return -1;
    pid_t child = fork();
    if (child == 0) {
        size_t a, b;
        for (int i = 0; i < 3; i++)
            pair[i](&a, &b, 0);
        long long from = own();
        for (long turn = 0; turn < turns; turn++)
            for (int i = 0; i < 3; i++)
                pair[i](&a, &b, 0);
        took = own() - from;
        _exit(write(ends[1], &took, sizeof took) != sizeof took);
    }
    close(ends[1]);
    if (read(ends[0], &took, sizeof took) != sizeof took)
        took = -1;
    close(ends[0]);
    waitpid(child, NULL, 0);
    return took;
}
static void *calls_every(void *given) {
    long share = (long)given, done = 0;
    char *to = room[__atomic_fetch_add(&made, 1, __ATOMIC_RELAXED) % 64];
    long long from = now();
    for (; done < share; done++) {
        every[done % functions](to, to, to, to, to, to, to, to, to, to, to, to);
        while (rate && done % 16 == 0 && (now() - from) * rate < done * 1000000000LL)
            ;
    }
    return NULL;
}
static void read_names(const char *path) {
    char line[256];
    FILE *names = fopen(path, "r");
    if (!names)
        exit(2);
    while (functions < MOST && fgets(line, sizeof line, names)) {
        line[strcspn(line, "\n")] = 0;
        every[functions++] = (Any)find(line);
    }
    fclose(names);
    if (!functions)
        exit(2);
}
static long on_all_processors(void) {
    pthread_t threads[64];
    long all = sysconf(_SC_NPROCESSORS_ONLN), started = 0;
    all = all > 64 ? 64 : all;
    rate = (rate + all - 1) / all;
    for (; started < all; started++)
        if (pthread_create(&threads[started], NULL, calls_every, (void *)(count / all)))
            exit(2);
    for (long i = 0; i < started; i++)
        pthread_join(threads[i], NULL);
    return count / all * all;
}
static void starts(const char *self) {
    char *words[] = {(char *)self, NULL};
    for (long i = 0; i < count; i++) {
        pid_t child;
        if (posix_spawn(&child, self, NULL, NULL, words, environ))
            exit(2);
        waitpid(child, NULL, 0);
    }
}
int main(int argc, char **argv) {
    long long begun = now();
    if (argc < 5)
        return argc == 1 ? 0 : 2;
    const char *mode = argv[2];
    count = atol(argv[3]);
    rate = argc > 6 ? atol(argv[6]) : 0;
    Pair pair[3] = {0};
    size_t a, b;
    int loads = strcmp(mode, "maps") && strcmp(mode, "starts");
    if (loads) {
        library = dlopen(argv[4], RTLD_NOW);
        if (!library) {
            fprintf(stderr, "%s\n", dlerror());
            return 2;
        }
    }
    if (!strcmp(mode, "told") || !strcmp(mode, "counted")) {
        pair[0] = (Pair)find("cuMemGetInfo_v2");
        pair[1] = (Pair)find("cuDeviceComputeCapability");
        pair[2] = (Pair)find("cuCtxGetStreamPriorityRange");
    }
    if (!strcmp(mode, "every"))
        read_names(argc > 5 ? argv[5] : "");
    if (!strcmp(mode, "counted"))
        for (int i = 0; i < 3 * TURNS; i++)
            pair[0](&a, &b, 0);
    long long from = now(), spent = own(), to = 0;
    long done = count;
    if (!strcmp(mode, "told")) {
        long long sum = 0;
        for (done = 0; done < count; done += 3 * TURNS) {
            long long took = in_child(pair, TURNS);
            if (took < 0)
                return 2;
            sum += took;
        }
        to = from + sum;
    } else if (!strcmp(mode, "counted")) {
        for (long i = 0; i < count; i++)
            pair[0](&a, &b, 0);
    } else if (!strcmp(mode, "every")) {
        done = on_all_processors();
    } else if (!strcmp(mode, "maps")) {
        for (long i = 0; i < count; i++) {
            void *again = dlopen(argv[4], RTLD_NOW);
            if (!again)
                return 2;
            dlclose(again);
        }
    } else if (!strcmp(mode, "beside")) {
        for (long i = 0; i < count; i++)
            syscall(SYS_getppid);
    } else if (!strcmp(mode, "starts")) {
        starts(argv[0]);
    } else {
        return 2;
    }
    // Of what one thread does its CPU time counts.
    if (!strcmp(mode, "counted") || !strcmp(mode, "maps") || !strcmp(mode, "beside"))
        to = from + own() - spent;
    to = to ? to : now();
    return report(argv[1], begun, from, to, done);
}
