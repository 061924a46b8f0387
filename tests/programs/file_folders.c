/* chdir, fchdir, getcwd and names relative to them, in the folder argv[1] with "a" and "a/b" below. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>

int main(int argc, char **argv) {
    char answer[4096];
    chdir(argv[1]);
    int folder = open("a", O_RDONLY | O_DIRECTORY);
    open("one", O_RDONLY);
    chdir("a/b");
    open("two", O_RDONLY);
    fchdir(folder);
    open("three", O_RDONLY);
    open("../four", O_RDONLY);
    int copy = dup(folder);
    openat(copy, "five", O_RDONLY);
    chdir("no-folder");
    fchdir(999);
    syscall(SYS_getcwd, answer, sizeof answer);
    puts(answer);
    syscall(SYS_getcwd, answer, 1UL);
    return 0;
}
