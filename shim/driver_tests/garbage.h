/* Calls every function named on standard input with the same value for every argument, one child for each value: an
 * answer is expected, whatever it is, and no crash. A library's own program says before it includes this:
 * HANDLE, a number like those of the library's handles; `begin`, which finds what starts the library; `again`, which
 * starts it before each call, since some calls take the start away; and `answer_is_code`, what an answer may be. */
#include "check.h"
#include <dlfcn.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

typedef int (*function)(long, long, long, long, long, long, long, long, long, long);
static char names[1000][80];
static char zeros[65536];

static void begin(void *library, int start);
static void again(void);
static int answer_is_code(int code);

/* Every function once with this value; `now` holds the name of the one that is called. */
static void call_all(char *now, void *library, int count, int start, long value) {
    begin(library, start);
    for (int index = 0; index < count; index++) {
        function call = (function)dlsym(library, names[index]);
        strcpy(now, names[index]);
        if (start) again();
        memset(zeros, 0, sizeof zeros);
        if (!call) _exit(2);
        if (!answer_is_code(call(value, value, value, value, value, value, value, value, value, value))) _exit(2);
    }
    _exit(0);
}

int main(int argc, char **argv) {
    long values[] = {0, 1, 2, 7, 4096, -1, 1L << 47, HANDLE, (long)zeros, (long)zeros + 1};
    int count = 0, bad = 0;
    char *now = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    IS(2, argc);
    while (count < 1000 && scanf("%79s", names[count]) == 1) count++;
    for (int start = 0; start < 2; start++)
        for (unsigned at = 0; at < sizeof values / sizeof *values; at++) {
            int status = 0;
            pid_t pid = fork();
            if (pid == 0) call_all(now, dlopen(argv[1], RTLD_NOW), count, start, values[at]);
            IS(pid, waitpid(pid, &status, 0));
            if (status != 0) {
                printf("%s with %#lx, started %d: status %#x\n", now, values[at], start, status);
                bad = 1;
            }
        }
    printf("%d functions\n", count);
    return bad || count == 0;
}
