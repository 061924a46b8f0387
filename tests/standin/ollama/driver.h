/* The CUDA driver and NVML as the native probe asks them: by dlopen, with one set of symbols. */
#include <stddef.h>

struct standin_driver {
    int (*init)(unsigned);
    int (*driver_version)(int *);
    int (*count)(int *);
    int (*get)(int *, int);
    int (*attribute)(int *, int, int);
    int (*name)(char *, int, int);
    int (*total)(size_t *, int);
    int (*pci)(char *, int, int);
    int version;
};

struct standin_gpu {
    char name[256];
    char pci[64];
    int major, minor, integrated;
    size_t total;
};

/* Opens the driver and finds all symbols; nonzero with words if one is missing. */
int standin_driver_open(struct standin_driver *driver, char *words, size_t room);
int standin_driver_start(struct standin_driver *driver);
int standin_driver_count(struct standin_driver *driver, int *count);
int standin_driver_describe(struct standin_driver *driver, int ordinal, struct standin_gpu *gpu);

/* The first number of the driver's version, by NVML; 0 when it does not say. It matters to one folder name only. */
int standin_nvml(struct standin_driver *driver);
