/* A handler of its own turns SIGSEGV into exit code 42. */
#include <signal.h>
#include <unistd.h>

__attribute__((noinline)) void reads_a_bad_address(void) { (void)*(volatile int *)0x1000; }

static void leave(int number) { _exit(42); }

int main(void) {
    signal(SIGSEGV, leave);
    reads_a_bad_address();
    return 0;
}
