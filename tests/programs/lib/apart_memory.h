/* Memory of apart_driver.c. */
#include "apart_base.h"

int cuMemGetInfo_v2(size_t *available, size_t *total) {
    ENTER_CONTEXT;
    *available = TOTAL - used;
    *total = TOTAL;
    return OK;
}
/* A page in front says how long an allocation is. */
static void *pages(size_t bytes) {
    char *at = mmap(NULL, bytes + 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (at == MAP_FAILED) return NULL;
    *(size_t *)at = bytes;
    return at + 4096;
}
static size_t drop_pages(void *at) {
    size_t bytes = *(size_t *)((char *)at - 4096);
    munmap((char *)at - 4096, bytes + 4096);
    return bytes;
}
int cuMemAlloc_v2(uint64_t *address, size_t bytes) {
    ENTER_CONTEXT;
    if (!address || !bytes) return INVALID;
    void *at = bytes > TOTAL - used ? NULL : pages(bytes);
    if (!at) return MEMORY;
    used += bytes;
    *address = (uintptr_t)at | APART;
    return OK;
}
int cuMemFree_v2(uint64_t address) {
    ENTER_CONTEXT;
    if (!(address & APART)) return INVALID;
    used -= drop_pages(place(address));
    return OK;
}
int cuMemHostAlloc(void **address, size_t bytes, unsigned flags) {
    ENTER_CONTEXT;
    return (*address = pages(bytes)) ? OK : MEMORY;
}
int cuMemFreeHost(void *address) {
    ENTER_CONTEXT;
    drop_pages(address);
    return OK;
}
int cuMemHostRegister_v2(void *address, size_t bytes, unsigned flags) {
    ENTER_CONTEXT;
    return OK;
}
int cuMemHostUnregister(void *address) {
    ENTER_CONTEXT;
    return OK;
}
int cuPointerGetAttributes(unsigned count, const int *attributes, void **places, uint64_t address) {
    ENTER_CONTEXT;
    for (unsigned i = 0; i < count; i++) {
        if (attributes[i] == 2) *(unsigned *)places[i] = address & APART ? 2 : 0;
        if (attributes[i] == 8) *(unsigned *)places[i] = 0;
        if (attributes[i] == 9) *(int *)places[i] = 0;
        if (attributes[i] == 3) *(uint64_t *)places[i] = address & APART ? address : 0;
        if (attributes[i] == 4) *(uint64_t *)places[i] = 0;
    }
    return OK;
}

/* Reservations are mapped memory without rights; mapping gives the rights. */
int cuMemGetAllocationGranularity(size_t *bytes, const void *properties, int option) {
    ENTER;
    *bytes = 2 << 20;
    return OK;
}
int cuMemAddressReserve(uint64_t *address, size_t bytes, size_t alignment, uint64_t hint, uint64_t flags) {
    ENTER;
    void *at = mmap(NULL, bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (at == MAP_FAILED) return MEMORY;
    *address = (uintptr_t)at | APART;
    return OK;
}
int cuMemAddressFree(uint64_t address, size_t bytes) {
    ENTER;
    munmap(place(address), bytes);
    return OK;
}
int cuMemCreate(uint64_t *handle, size_t bytes, const void *properties, uint64_t flags) {
    ENTER;
    *handle = bytes;
    used += bytes;
    return OK;
}
int cuMemRelease(uint64_t handle) {
    ENTER;
    used -= handle;
    return OK;
}
int cuMemMap(uint64_t address, size_t bytes, size_t offset, uint64_t handle, uint64_t flags) {
    ENTER;
    return OK;
}
int cuMemUnmap(uint64_t address, size_t bytes) {
    ENTER;
    mprotect(place(address), bytes, PROT_NONE);
    return OK;
}
int cuMemSetAccess(uint64_t address, size_t bytes, const void *access, size_t count) {
    ENTER;
    mprotect(place(address), bytes, PROT_READ | PROT_WRITE);
    return OK;
}
