/* What a program asks of NVML, and what it gets: one line a call. */
#include <stdio.h>
#include <string.h>

typedef struct device *device;
struct memory { unsigned long long total, free, used; };
struct pci { char legacy[16]; unsigned domain, bus, device, ids, subsystem; char place[32]; };
int nvmlInit_v2(void);
int nvmlShutdown(void);
const char *nvmlErrorString(int);
int nvmlSystemGetDriverVersion(char *, unsigned);
int nvmlSystemGetCudaDriverVersion_v2(int *);
int nvmlDeviceGetCount_v2(unsigned *);
int nvmlDeviceGetHandleByIndex_v2(unsigned, device *);
int nvmlDeviceGetHandleByUUID(const char *, device *);
int nvmlDeviceGetName(device, char *, unsigned);
int nvmlDeviceGetUUID(device, char *, unsigned);
int nvmlDeviceGetMemoryInfo(device, struct memory *);
int nvmlDeviceGetPciInfo_v3(device, struct pci *);
int nvmlDeviceGetMigMode(device, unsigned *, unsigned *);
int nvmlDeviceGetTemperature(device, int, unsigned *);

int main(void) {
    char text[96] = "";
    unsigned count = 0, current = 9, pending = 9;
    int version = 0, code;
    device first = NULL, same = NULL;
    struct memory memory = {0, 0, 0};
    struct pci pci;
    memset(&pci, 0, sizeof pci);
    printf("before %d\n", nvmlDeviceGetCount_v2(&count));
    code = nvmlInit_v2();
    printf("init %d %s\n", code, nvmlErrorString(code));
    code = nvmlSystemGetDriverVersion(text, sizeof text);
    printf("driver %d %s\n", code, text);
    printf("short %d\n", nvmlSystemGetDriverVersion(text, 4));
    code = nvmlSystemGetCudaDriverVersion_v2(&version);
    printf("cuda %d %d\n", code, version);
    code = nvmlDeviceGetCount_v2(&count);
    printf("count %d %u\n", code, count);
    printf("handle %d\n", nvmlDeviceGetHandleByIndex_v2(0, &first));
    printf("handle %d\n", nvmlDeviceGetHandleByIndex_v2(9, &same));
    code = nvmlDeviceGetName(first, text, sizeof text);
    printf("name %d %s\n", code, text);
    code = nvmlDeviceGetUUID(first, text, sizeof text);
    printf("uuid %d %s\n", code, text);
    code = nvmlDeviceGetHandleByUUID(text, &same);
    printf("same %d %d\n", code, same == first);
    code = nvmlDeviceGetMemoryInfo(first, &memory);
    printf("memory %d %llu %llu\n", code, memory.total >> 20, memory.free >> 20);
    code = nvmlDeviceGetPciInfo_v3(first, &pci);
    printf("bus %d %s %s\n", code, pci.legacy, pci.place);
    code = nvmlDeviceGetMigMode(first, &current, &pending);
    printf("mig %d %u\n", code, current);
    printf("temperature %d\n", nvmlDeviceGetTemperature(first, 0, &count));
    code = nvmlShutdown();
    printf("end %d %d\n", code, nvmlDeviceGetCount_v2(&count));
    return 0;
}
