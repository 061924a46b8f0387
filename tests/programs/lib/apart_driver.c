/* A small libcuda.so.1 whose device memory is apart from the host's: a device address cannot be followed, only copied
 * from and to, as with a driver on another machine. So it proves that the runtime tier asks the driver for everything.
 *
 * Devices are all alike; streams do their work at once, captures of copies, fills and host calls, no kernels (801).
 * APART_DRIVER_FAULTS is a list like cuInit=100,cuMemAlloc_v2=2: those functions answer that code and do nothing.
 * APART_DRIVER_COUNT is how many devices there are, 1 without it.
 * APART_DRIVER_VERSION is what cuDriverGetVersion gives; 13000 without it. */
#include "apart_base.h"
#include "apart_memory.h"
#include "apart_order.h"
#include "apart_work.h"

int cuInit(unsigned flags) {
    ENTER;
    if (!starter) starter = getpid();
    return started() ? OK : UNINITIALIZED;
}
int cuDriverGetVersion(int *version) {
    ENTER;
    const char *said = getenv("APART_DRIVER_VERSION");
    *version = said ? atoi(said) : 13000;
    return OK;
}
int cuDeviceGetCount(int *count) {
    ENTER;
    *count = devices();
    return started() ? OK : UNINITIALIZED;
}
int cuDeviceGet(int *device, int ordinal) {
    ENTER;
    if (!started()) return UNINITIALIZED;
    if (ordinal < 0 || ordinal >= devices()) return 101;
    *device = ordinal;
    return OK;
}
int cuDeviceGetName(char *name, int length, int device) {
    ENTER;
    snprintf(name, (size_t)length, "Apart GPU");
    return OK;
}
int cuDeviceTotalMem_v2(size_t *bytes, int device) {
    ENTER;
    *bytes = TOTAL;
    return OK;
}
int cuDeviceGetUuid_v2(unsigned char *uuid, int device) {
    ENTER;
    for (int i = 0; i < 16; i++) uuid[i] = (unsigned char)(i + 1);
    return OK;
}
int cuDeviceGetPCIBusId(char *id, int length, int device) {
    ENTER;
    snprintf(id, (size_t)length, "0000:00:05.0");
    return OK;
}
int cuDeviceCanAccessPeer(int *can, int device, int peer) {
    ENTER;
    *can = 0;
    return OK;
}

/* Most attributes are their own number times 100, so that a field made of the wrong one shows. */
int cuDeviceGetAttribute(int *value, int attribute, int device) {
    ENTER;
    static const int own[][2] = {{1, 1024}, {10, 32}, {15, 1},  {16, 132},    {18, 0},    {75, 9},      {76, 0},
                                 {78, 1},   {95, 1},  {102, 1}, {97, 232448}, {8, 49152}, {81, 233472}, {19, 0}};
    *value = attribute * 100;
    for (size_t i = 0; i < sizeof own / sizeof *own; i++)
        if (own[i][0] == attribute) *value = own[i][1];
    return attribute < 1 || attribute > 160 ? INVALID : OK;
}

int cuDevicePrimaryCtxRetain(char **context, int device) {
    ENTER;
    retained[device]++;
    *context = &contexts[device];
    return started() ? OK : UNINITIALIZED;
}
int cuDevicePrimaryCtxReset_v2(int device) {
    ENTER;
    retained[device] = 0;
    return OK;
}
int cuDevicePrimaryCtxSetFlags_v2(int device, unsigned flags) {
    ENTER;
    return OK;
}
int cuDevicePrimaryCtxGetState(int device, unsigned *flags, int *active) {
    ENTER;
    *flags = 0;
    *active = retained[device] > 0;
    return OK;
}
int cuCtxGetCurrent(char **context) {
    ENTER;
    *context = current;
    return started() ? OK : UNINITIALIZED;
}
int cuCtxSetCurrent(char *context) {
    ENTER;
    current = context;
    return context && !is_context(context) ? NO_CONTEXT : OK;
}
int cuCtxGetDevice(int *device) {
    ENTER_CONTEXT;
    *device = (int)(current - contexts);
    return OK;
}
int cuCtxEnablePeerAccess(char *peer, unsigned flags) {
    ENTER_CONTEXT;
    return is_context(peer) && peer != current ? OK : 217;
}
int cuCtxDisablePeerAccess(char *peer) {
    ENTER_CONTEXT;
    return is_context(peer) && peer != current ? OK : 705;
}
int cuCtxGetFlags(unsigned *flags) {
    ENTER_CONTEXT;
    *flags = 0;
    return OK;
}
int cuCtxSynchronize(void) {
    ENTER_CONTEXT;
    return OK;
}

/* Device code is looked at for its first word only; kernels have names and nothing else. */
int cuLibraryLoadData(const void **library, const void *code, int *a, void **b, unsigned c, int *d, void **e,
                      unsigned f) {
    ENTER;
    *library = code;
    return code && *(const unsigned *)code == 0xba55ed50 ? OK : 200;
}
int cuLibraryUnload(void *library) {
    ENTER;
    return OK;
}
int cuLibraryGetKernel(char **kernel, void *library, const char *name) {
    ENTER;
    *kernel = strdup(name);
    return OK;
}
int cuKernelGetFunction(void **function, void *kernel) {
    ENTER_CONTEXT;
    *function = kernel;
    return OK;
}
int cuFuncGetAttribute(int *value, int attribute, void *function) {
    ENTER;
    *value = attribute == 0 ? 1024 : attribute == 5 || attribute == 6 ? 90 : attribute;
    return OK;
}
int cuFuncSetAttribute(void *function, int attribute, int value) {
    ENTER;
    return OK;
}
int cuOccupancyMaxActiveBlocksPerMultiprocessorWithFlags(int *blocks, void *function, int threads, size_t shared,
                                                         unsigned flags) {
    ENTER;
    *blocks = 2;
    return OK;
}
int cuLaunchKernel(void) {
    ENTER;
    return UNSUPPORTED;
}
int cuLaunchKernelEx(void) {
    ENTER;
    return UNSUPPORTED;
}
int cuLaunchCooperativeKernel(void) {
    ENTER;
    return UNSUPPORTED;
}

int cuGetErrorString(int code, const char **text) {
    ENTER;
    *text = code ? "an error of the apart driver" : "no error";
    return OK;
}
