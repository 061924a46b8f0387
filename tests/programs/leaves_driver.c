/* Leaves a driver function (library: first argument) by longjmp, by cancellation, from 200 levels deep, and in a child made
 * inside it; says what came of each. */
#include <dlfcn.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

static int (*synchronize)(void);
static void (*set_hook)(void (*)(void));
static jmp_buf home;
static int depth;

static void jumps(void) { longjmp(home, 1); }

static void pauses(void) {
    for (;;) pause();
}

static void dives(void) {
    if (++depth < 200) synchronize();
}

static void forks(void) {
    int status;
    if (fork() == 0) return;
    wait(&status);
    printf("child ended with %d\n", WEXITSTATUS(status));
}

static void *work(void *unused) {
    synchronize();
    return NULL;
}

int main(int count, char **words) {
    void *library = dlopen(words[1], RTLD_NOW);
    if (!library) return 1;
    synchronize = (int (*)(void))dlsym(library, "cuCtxSynchronize");
    set_hook = (void (*)(void (*)(void)))dlsym(library, "set_hook");
    volatile int jumped = 0;
    set_hook(jumps);
    for (int i = 0; i < 500; i++)
        if (setjmp(home) == 0)
            synchronize();
        else
            jumped++;
    printf("jumped %d\n", jumped);
    set_hook(pauses);
    pthread_t thread;
    void *end;
    pthread_create(&thread, NULL, work, NULL);
    usleep(50000);
    pthread_cancel(thread);
    pthread_join(thread, &end);
    puts(end == PTHREAD_CANCELED ? "cancelled" : "not cancelled");
    set_hook(dives);
    int result = synchronize();
    printf("dived %d deep: %d\n", depth, result);
    pid_t parent = getpid();
    set_hook(forks);
    fflush(stdout);
    result = synchronize();
    if (getpid() != parent) _exit(result == 0 ? 7 : 8);
    int (*start)(unsigned) = (int (*)(unsigned))dlsym(library, "cuInit");
    printf("started %d\n", start(0));
    return 0;
}
