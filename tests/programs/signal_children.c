/* Signals children in three ways and prints their pids: kill, pidfd_send_signal, and kill -9 of one that has ended
   already and was not waited for. */
#include <signal.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static pid_t sleeper(void) {
    pid_t child = fork();
    if (child == 0) {
        for (;;) pause();
    }
    return child;
}

int main(void) {
    pid_t killed = sleeper();
    kill(killed, SIGTERM);
    waitpid(killed, NULL, 0);

    pid_t by_pidfd = sleeper();
    int pidfd = syscall(SYS_pidfd_open, by_pidfd, 0);
    syscall(SYS_pidfd_send_signal, pidfd, SIGKILL, NULL, 0);
    waitpid(by_pidfd, NULL, 0);

    siginfo_t info;
    pid_t zombie = fork();
    if (zombie == 0) _exit(5);
    waitid(P_PID, zombie, &info, WEXITED | WNOWAIT);
    kill(zombie, SIGKILL);
    waitpid(zombie, NULL, 0);

    printf("%d %d %d\n", killed, by_pidfd, zombie);
    return 0;
}
