/* Like a bootstrap: says "begin", starts argv[3] children one after the other that load argv[1] and fail to load
   argv[2], each with a line of its own, then "all good" or "something is wrong". argv[4] is a word for each line. */
#include <dlfcn.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static int child(int number, char **argv) {
    char line[256];
    close(open("/etc/hostname", O_RDONLY));
    void *healthy = dlopen(argv[1], RTLD_NOW);
    void *missing = dlopen(argv[2], RTLD_NOW);
    int good = healthy && dlsym(healthy, "ggml_backend_init") && !missing;
    snprintf(line, sizeof line, "%s child %d %s\n", argv[4], number, good ? "good" : "bad");
    write(1, line, strlen(line));
    return good ? 0 : 1;
}

int main(int argc, char **argv) {
    int wrong = 0;
    puts("begin");
    fflush(stdout);
    for (int number = 0; number < atoi(argv[3]); number++) {
        int status = -1;
        pid_t pid = fork();
        if (pid == 0) _exit(child(number, argv));
        if (waitpid(pid, &status, 0) != pid || status != 0) wrong++;
        usleep(20000);
    }
    puts(wrong ? "something is wrong" : "all good");
    fflush(stdout);
    return 0;
}
