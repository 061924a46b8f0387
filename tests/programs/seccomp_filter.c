/* As seccomp_strict, with a filter that kills the process for all but write and exit_group. */
#include <dlfcn.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

int main(int argc, char **argv) {
    struct sock_filter allow[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_write, 2, 0),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_exit_group, 1, 0),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog program = {sizeof allow / sizeof *allow, allow};
    void *handle = dlopen(argv[1], RTLD_NOW);
    void *(*init)(void) = (void *(*)(void))dlsym(handle, "ggml_backend_init");
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0) return 1;
    write(1, "filtered\n", 9);
    for (int at = 0; at < 100; at++) {
        if (dlsym(handle, "ggml_backend_init") != (void *)init) write(1, "another\n", 8);
        if (init() == NULL) write(1, "null\n", 5);
    }
    write(1, "done\n", 5);
    _exit(0);
}
