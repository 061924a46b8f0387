/* readlink and readlinkat in the folder argv[1], which holds "link" to "file". Prints each result or error number. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>

static void say(long result) { printf("%ld\n", result < 0 ? -(long)errno : result); }

int main(int argc, char **argv) {
    char answer[64];
    int folder = open(argv[1], O_RDONLY | O_DIRECTORY);
    chdir(argv[1]);
    say(syscall(SYS_readlink, "link", answer, sizeof answer));
    say(syscall(SYS_readlinkat, folder, "link", answer, sizeof answer));
    say(syscall(SYS_readlink, "file", answer, sizeof answer));
    say(syscall(SYS_readlinkat, folder, "no-link", answer, sizeof answer));
    return 0;
}
