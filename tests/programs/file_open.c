/* open, openat, openat2 in the folder argv[1]: by path, by folder descriptor, relative to the working directory, and
   with errors. Prints each result or error number. */
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static void say(long result) { printf("%ld\n", result < 0 ? -(long)errno : 0); }

int main(int argc, char **argv) {
    char path[4096];
    struct open_how how = {.flags = O_RDONLY};
    int folder = open(argv[1], O_RDONLY | O_DIRECTORY);
    snprintf(path, sizeof path, "%s/by-open", argv[1]);
    say(syscall(SYS_open, path, O_RDWR | O_CREAT, 0644));
    say(syscall(SYS_openat, folder, "by-openat", O_RDONLY));
    say(syscall(SYS_openat2, folder, "by-openat2", &how, sizeof how));
    snprintf(path, sizeof path, "%s/by-open/below", argv[1]);
    say(syscall(SYS_open, path, O_RDONLY));
    chdir(argv[1]);
    say(syscall(SYS_openat, AT_FDCWD, "by-cwd", O_RDONLY));
    say(syscall(SYS_openat, AT_FDCWD, "by-open", O_RDONLY));
    say(syscall(SYS_openat, 999, "by-bad-fd", O_RDONLY));
    return 0;
}
