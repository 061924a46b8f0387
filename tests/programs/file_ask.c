/* stat, lstat, newfstatat, statx, access, faccessat, faccessat2 in the folder argv[1], which holds "file" (7 bytes)
   and "link" to it. Prints each result or error number. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static void say(long result) { printf("%ld\n", result < 0 ? -(long)errno : 0); }

int main(int argc, char **argv) {
    struct stat status;
    struct statx statx;
    int folder = open(argv[1], O_RDONLY | O_DIRECTORY);
    chdir(argv[1]);
    say(syscall(SYS_stat, "link", &status));
    say(syscall(SYS_lstat, "link", &status));
    say(syscall(SYS_newfstatat, folder, "file", &status, 0));
    say(syscall(SYS_newfstatat, folder, "no-file", &status, AT_SYMLINK_NOFOLLOW));
    say(syscall(SYS_statx, folder, "file", 0, STATX_BASIC_STATS, &statx));
    say(syscall(SYS_statx, AT_FDCWD, "no-statx", 0, STATX_BASIC_STATS, &statx));
    say(syscall(SYS_access, "file", R_OK));
    say(syscall(SYS_faccessat, folder, "no-access", F_OK));
    say(syscall(SYS_faccessat2, folder, "file", X_OK, AT_EACCESS));
    syscall(SYS_fstat, folder, &status);
    syscall(SYS_newfstatat, folder, "", &status, AT_EMPTY_PATH);
    return 0;
}
