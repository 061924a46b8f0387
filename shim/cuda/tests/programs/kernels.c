/* Device code: what is in it is found, and a launch gives the result in the argument (801, or 0 where launches are recorded). */
#include "cuda_min.h"
#include "check.h"
#include <string.h>

static const char *code =
    ".version 8.0\n.target sm_75\n.address_size 64\n"
    ".visible .entry scale(.param .u64 scale_0, .param .f32 scale_1, .param .align 8 .b8 scale_2[24]) { ret; }\n"
    ".visible .entry other() { ret; }\n";

/* A fat binary without a part for the device, in the wrapper that compilers put around it. */
static struct { unsigned magic; unsigned short version, header; unsigned long long bytes; } fatbin = {0xba55ed50, 1, 16, 0};
static struct { unsigned magic, version; void *fatbin, *name; } wrapper = {0x466243b1, 1, &fatbin, NULL};

int main(int argc, char **argv) {
    int expected = atoi(argv[1]), number = -1;
    size_t offset = 0, size = 0;
    unsigned count = 0;
    const char *name = NULL;
    CUcontext context = NULL;
    CUmodule module = NULL;
    CUlibrary library = NULL;
    CUkernel kernel = NULL;
    CUfunction function = NULL;
    OK(cuInit(0));
    OK(cuDevicePrimaryCtxRetain(&context, 0));
    OK(cuCtxSetCurrent(context));
    IS(218, cuModuleLoadData(&module, "no code at all"));
    IS(209, cuModuleLoadData(&module, &fatbin));
    IS(209, cuModuleLoadData(&module, &wrapper));
    wrapper.fatbin = &wrapper;
    IS(200, cuModuleLoadData(&module, &wrapper));
    OK(cuModuleLoadData(&module, code));
    IS(500, cuModuleGetFunction(&function, module, "missing"));
    OK(cuModuleGetFunction(&function, module, "scale"));
    OK(cuFuncGetName(&name, function));
    OK(strcmp(name, "scale"));
    OK(cuFuncGetParamInfo(function, 2, &offset, &size));
    IS(16, offset);
    IS(24, size);
    IS(1, cuFuncGetParamInfo(function, 3, &offset, &size));
    OK(cuFuncGetAttribute(&number, 6, function));
    IS(90, number);
    OK(cuOccupancyMaxActiveBlocksPerMultiprocessor(&number, function, 256, 0));
    IS(8, number);
    IS(expected, cuLaunchKernel(function, 1, 1, 1, 32, 1, 1, 0, NULL, NULL, NULL));
    IS(1, cuLaunchKernel(function, 0, 1, 1, 32, 1, 1, 0, NULL, NULL, NULL));
    IS(1, cuLaunchKernel(function, 1, 1, 1, 1024, 2, 1, 0, NULL, NULL, NULL));
    IS(1, cuLaunchKernel(function, 1, 1, 1, 32, 1, 1, 60000, NULL, NULL, NULL));
    OK(cuFuncSetAttribute(function, 8, 60000));
    IS(expected, cuLaunchKernel(function, 1, 1, 1, 32, 1, 1, 60000, NULL, NULL, NULL));
    OK(cuModuleUnload(module));
    IS(400, cuLaunchKernel(function, 1, 1, 1, 32, 1, 1, 0, NULL, NULL, NULL));
    OK(cuLibraryLoadData(&library, code, NULL, NULL, 0, NULL, NULL, 0));
    OK(cuLibraryGetKernelCount(&count, library));
    IS(2, count);
    OK(cuLibraryGetKernel(&kernel, library, "other"));
    OK(cuKernelGetFunction(&function, kernel));
    IS(expected, cuLaunchKernel(function, 1, 1, 1, 32, 1, 1, 0, NULL, NULL, NULL));
    OK(cuLibraryUnload(library));
    IS(400, cuLibraryGetKernelCount(&count, library));
    puts("all as expected");
    return 0;
}
