/* Every function of the driver API with garbage, before cuInit and with a context. */
#define HANDLE 0x5647000100000010L
#include "garbage.h"

static int (*retain)(void *, int);
static int (*set)(void *);

static void begin(void *library, int start) {
    int (*init)(unsigned) = (int (*)(unsigned))dlsym(library, "cuInit");
    retain = (int (*)(void *, int))dlsym(library, "cuDevicePrimaryCtxRetain");
    set = (int (*)(void *))dlsym(library, "cuCtxSetCurrent");
    if (start) OK(init(0));
}

static void again(void) {
    void *context = NULL;
    OK(retain(&context, 0));
    OK(set(context));
}

static int answer_is_code(int code) {
    return code >= 0 && code <= 999;
}
