/* A driver whose synchronisation runs what the program asks it to. */
static void (*hook)(void);

void set_hook(void (*to)(void)) { hook = to; }

int cuInit(unsigned flags) { return 0; }

int cuCtxSynchronize(void) {
    if (hook) hook();
    return 0;
}
