/* Every function of NVML with garbage, before nvmlInit_v2 and after it. */
#define HANDLE 0x564e000000001000L
#include "garbage.h"

static int (*init)(void);

static void begin(void *library, int start) {
    (void)start;
    init = (int (*)(void))dlsym(library, "nvmlInit_v2");
}

static void again(void) {
    OK(init());
}

/* nvmlErrorString answers with a pointer. */
static int answer_is_code(int code) {
    (void)code;
    return 1;
}
