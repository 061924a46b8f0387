/* A constructor comes back to itself by longjmp; ggml_backend_init calls the program's way out. */
#include <setjmp.h>
#include <stdio.h>

static jmp_buf here;

static __attribute__((noinline)) void jump(void) { longjmp(here, 1); }

__attribute__((constructor)) static void set_up(void) {
    if (setjmp(here) == 0) jump();
    puts("back in the constructor");
}

extern void escape(void);

void *ggml_backend_init(void) {
    escape();
    return NULL;
}
