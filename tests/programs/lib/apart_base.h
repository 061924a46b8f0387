/* What all parts of apart_driver.c have: codes, faults, the state of the driver, device addresses. */
#pragma once
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

enum { OK, INVALID = 1, MEMORY = 2, UNINITIALIZED = 3, NO_CONTEXT = 201, UNSUPPORTED = 801, CAPTURE_UNSUPPORTED = 900 };
#define APART (1ULL << 52)
#define TOTAL 85520809984UL

static int fault(const char *name) {
    const char *at = getenv("APART_DRIVER_FAULTS");
    size_t length = strlen(name);
    for (; at && *at; at = strchr(at, ','), at += at != NULL)
        if (!strncmp(at, name, length) && at[length] == '=') return atoi(at + length + 1);
    return 0;
}
#define ENTER                       \
    do {                            \
        int code = fault(__func__); \
        if (code) return code;      \
    } while (0)
#define ENTER_CONTEXT                     \
    ENTER;                                \
    if (!started()) return UNINITIALIZED; \
    if (!current) return NO_CONTEXT

/* The process that started the driver; a child of it must start anew, which this driver does not do, as NVIDIA's. */
static _Atomic pid_t starter;
static _Atomic int retained[4];
static char contexts[4];
static _Thread_local char *current;
static _Atomic size_t used;

static int started(void) { return starter == getpid(); }
/* Devices: one, or as many as the variable says. */
static int devices(void) {
    const char *said = getenv("APART_DRIVER_COUNT");
    int count = said ? atoi(said) : 1;
    return count > 4 ? 4 : count;
}
static int is_context(const char *context) { return context >= contexts && context < contexts + 4; }

/* Where an address is followed: the host's own, or that of device memory without its mark. */
static void *place(uint64_t address) { return (void *)(uintptr_t)(address & ~APART); }
