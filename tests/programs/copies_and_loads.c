/* Copies a driver library (first argument) to new names in a folder (second argument), as often as the third argument says;
 * each time a child that was just made loads the copy at once and starts the driver. Prints how many could. */
#include <dlfcn.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static int copy(const char *from, const char *to) {
    int in = open(from, O_RDONLY), out = open(to, O_WRONLY | O_CREAT | O_EXCL, 0755);
    struct stat facts;
    if (in < 0 || out < 0 || fstat(in, &facts)) return -1;
    ssize_t done = sendfile(out, in, NULL, facts.st_size);
    close(in);
    close(out);
    return done == facts.st_size ? 0 : -1;
}

int main(int count, char **words) {
    int times = atoi(words[3]), good = 0;
    srandom(getpid());
    for (int i = 0; i < times; i++) {
        char name[4096];
        snprintf(name, sizeof name, "%s/%lx-%d", words[2], random(), i);
        pid_t child = fork();
        if (child == 0) {
            if (copy(words[1], name)) _exit(1);
            void *library = dlopen(name, RTLD_NOW);
            int (*start)(unsigned) = library ? (int (*)(unsigned))dlsym(library, "cuInit") : NULL;
            _exit(start && start(0) == 0 ? 0 : 2);
        }
        int status;
        if (waitpid(child, &status, 0) == child && status == 0) good++;
        if (i == 0) {
            puts("begun");
            fflush(stdout);
        }
    }
    printf("%d of %d\n", good, times);
    return 0;
}
