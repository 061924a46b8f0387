/* For programs that call a CUDA runtime without NVIDIA's headers: functions by name, and what they should answer. */
#pragma once
#include <dlfcn.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static void *runtime, *blas;
static int wrong;
static void *find(void *library, const char *name) {
    void *found = dlsym(library, name);
    if (!found) printf("no %s\n", name), exit(2);
    return found;
}
#define RT(name, ...) ((int (*)())find(runtime, #name))(__VA_ARGS__)
#define BL(name, ...) ((int (*)())find(blas, #name))(__VA_ARGS__)
#define IS(expected, call)                                                                                           \
    do {                                                                                                             \
        int got = (call);                                                                                            \
        if (got != (expected)) printf("line %d: %s = %d, not %d\n", __LINE__, #call, got, (int)(expected)), wrong++; \
    } while (0)
#define OK(call) IS(0, call)
#define L(value) ((size_t)(value))

/* The libraries of a series. */
static int open_tier(const char *series) {
    char name[64];
    snprintf(name, sizeof name, "libcudart.so.%s", series);
    runtime = dlopen(name, RTLD_NOW);
    snprintf(name, sizeof name, "libcublas.so.%s", series);
    blas = dlopen(name, RTLD_NOW);
    if (!runtime || !blas) puts(dlerror());
    return runtime && blas;
}
