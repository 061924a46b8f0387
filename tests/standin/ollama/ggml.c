/* See ggml.h. */
#include "ggml.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The library that was opened last: libggml, through which the symbols of libggml-base are found too. */
static void *loader;

const char *standin_open(const char *path, bool global) {
    void *handle = dlopen(path, RTLD_NOW | (global ? RTLD_GLOBAL : RTLD_LOCAL));
    if (!handle) return dlerror();
    loader = handle;
    return NULL;
}

static void *find(const char *name) {
    void *found = loader ? dlsym(loader, name) : NULL;
    if (!found) {
        fprintf(stderr, "Error: dlsym %s: not in the ggml loader\n", name);
        exit(1);
    }
    return found;
}

#define FIND(type, name) __typeof__(type) name = (type)find("ggml_backend_" #name)

void standin_load_all_from(const char *folder) {
    FIND(void (*)(const char *), load_all_from_path);
    load_all_from_path(folder);
}

void *standin_load(const char *path) {
    FIND(void *(*)(const char *), load);
    return load(path);
}

size_t standin_backend_count(void *backend) {
    FIND(size_t (*)(void *), reg_dev_count);
    return backend ? reg_dev_count(backend) : 0;
}

void *standin_backend_device(void *backend, size_t index) {
    FIND(void *(*)(void *, size_t), reg_dev_get);
    return reg_dev_get(backend, index);
}

size_t standin_count(void) {
    FIND(size_t (*)(void), dev_count);
    return dev_count();
}

void *standin_device(size_t index) {
    FIND(void *(*)(size_t), dev_get);
    return dev_get(index);
}

int standin_kind(void *device) {
    FIND(int (*)(void *), dev_type);
    return dev_type(device);
}

const char *standin_library(void *device) {
    FIND(void *(*)(void *), dev_backend_reg);
    FIND(const char *(*)(void *), reg_name);
    return reg_name(dev_backend_reg(device));
}

void standin_describe(void *device, struct standin_facts *facts) {
    FIND(void (*)(void *, struct standin_facts *), dev_get_props);
    memset(facts, 0, sizeof *facts);
    dev_get_props(device, facts);
}

void standin_start(void *device) {
    FIND(void *(*)(void *, const char *), dev_init);
    dev_init(device, NULL);
}
