/* The library that demo_load tries, whole or with a fault chosen at compile time. */

#ifdef MISSING_SYMBOL
int demo_function_of_a_newer_release(void);
#endif

#ifdef CRASHES
__attribute__((constructor)) static void crash(void) {
    *(volatile int *)8 = 1;
}
#endif

int demo_init(void) {
#ifdef MISSING_SYMBOL
    return demo_function_of_a_newer_release();
#else
    return 0;
#endif
}
