/* What a program that looks for a GPU asks, and what it gets: one line a call. */
#include "cuda_min.h"
#include <stdio.h>
#include <string.h>

int main(void) {
    int version = -1, count = -1, major = -1, code;
    size_t bytes = 0, total = 0;
    char name[256] = "", bus[32] = "";
    CUcontext context = NULL;
    CUdeviceptr memory = 0;
    CUuuid uuid;
    setvbuf(stdout, NULL, _IONBF, 0);
    memset(&uuid, 0, sizeof uuid);
    printf("version %d", cuDriverGetVersion(&version));
    printf(" %d\n", version);
    printf("init %d\n", cuInit(0));
    code = cuDeviceGetCount(&count);
    printf("count %d %d\n", code, count);
    for (int device = 0; device < count; device++) {
        code = cuDeviceGetName(name, sizeof name, device);
        printf("name %d %s\n", code, name);
        code = cuDeviceGetPCIBusId(bus, sizeof bus, device);
        printf("bus %d %s\n", code, bus);
        code = cuDeviceGetUuid(&uuid, device);
        printf("uuid %d ", code);
        for (int at = 0; at < 16; at++) printf("%02x", (unsigned char)uuid.bytes[at]);
        code = cuDeviceGetAttribute(&major, 75, device);
        printf("\nmajor %d %d\n", code, major);
        code = cuDeviceTotalMem(&total, device);
        printf("total %d %zu\n", code, total >> 20);
        printf("retain %d\n", cuDevicePrimaryCtxRetain(&context, device));
        cuCtxSetCurrent(context);
        code = cuMemGetInfo(&bytes, &total);
        printf("free %d %zu\n", code, bytes >> 20);
        printf("alloc %d\n", cuMemAlloc(&memory, 1 << 20));
    }
    return 0;
}
