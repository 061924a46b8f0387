// bench_loop RESULT MODE COUNT [RATE]: does one thing COUNT times, at most RATE times a second, and writes to RESULT: when main
// began, the loop began and ended (ns, CLOCK_MONOTONIC), CPU time (ns), count. MODE wait waits COUNT milliseconds instead.
#include <dlfcn.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "bench_report.h"

static long long now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000000000LL + t.tv_nsec;
}
static void once(char mode, const char *library) {
    if (mode == 's') {
        dlsym(RTLD_DEFAULT, "dlsym");
    } else if (mode == 'o') {
        close(open("/etc/hostname", O_RDONLY | O_CLOEXEC));
    } else if (mode == 'l') {
        void *handle = dlopen(library, RTLD_NOW);
        if (handle)
            dlclose(handle);
    } else {
        syscall(SYS_getppid);
    }
}
int main(int argc, char **argv) {
    long long begun = now();
    if (argc < 4)
        return 2;
    // dlsym, open, load (the library beside the program), getppid, wait.
    char mode = argv[2][0] == 'd' ? 's' : argv[2][0];
    long long count = atoll(argv[3]), rate = argc > 4 ? atoll(argv[4]) : 0;
    char library[4096];
    const char *slash = strrchr(argv[0], '/');
    snprintf(library, sizeof library, "%.*s/bench_library.so", slash ? (int)(slash - argv[0]) : 1, slash ? argv[0] : ".");
    long long from = now();
    if (mode == 'w')
        usleep(count * 1000);
    for (long long done = 0; mode != 'w' && done < count; done++) {
        once(mode, library);
        while (rate && done % 64 == 0 && (now() - from) * rate < done * 1000000000LL)
            ;
    }
    long long to = now();
    return report(argv[1], begun, from, to, count);
}
