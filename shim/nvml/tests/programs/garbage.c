/* Calls every function named on standard input with the same value for every argument, one child for each value: an
 * answer is expected, whatever it is, and no crash. */
#include "check.h"
#include <dlfcn.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

typedef int (*function)(long, long, long, long, long, long, long, long, long, long);
static char names[1000][80];

int main(int argc, char **argv) {
    static char zeros[65536];
    long values[] = {0, 1, 2, 7, 4096, -1, 1L << 47, 0x564e000000001000L, (long)zeros, (long)zeros + 1};
    int count = 0, bad = 0;
    char *now = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    while (count < 1000 && scanf("%79s", names[count]) == 1) count++;
    for (int start = 0; start < 2; start++)
        for (unsigned at = 0; at < sizeof values / sizeof *values; at++) {
            int status = 0;
            pid_t pid = fork();
            if (pid == 0) {
                void *library = dlopen(argv[1], RTLD_NOW);
                int (*init)(void) = (int (*)(void))dlsym(library, "nvmlInit_v2");
                for (int index = 0; index < count; index++) {
                    long v = values[at];
                    function call = (function)dlsym(library, names[index]);
                    strcpy(now, names[index]);
                    /* nvmlShutdown takes the start away again. */
                    if (start) OK(init());
                    memset(zeros, 0, sizeof zeros);
                    if (!call) _exit(2);
                    call(v, v, v, v, v, v, v, v, v, v);
                }
                _exit(0);
            }
            IS(pid, waitpid(pid, &status, 0));
            if (status != 0) {
                printf("%s with %#lx, started %d: status %#x\n", now, values[at], start, status);
                bad = 1;
            }
        }
    printf("%d functions\n", count);
    return bad || count == 0;
}
