/* A pretend libnvidia-ml.so.1: what Ollama's probe asks (driver version only, macro DRIVER) and ggml's memory query. */
#include <string.h>

#ifndef DRIVER
#define DRIVER "580.65.06"
#endif

int nvmlInit_v2(void) { return 0; }
int nvmlShutdown(void) { return 0; }
const char *nvmlErrorString(int code) { return code ? "Not Supported" : "Success"; }

int nvmlSystemGetDriverVersion(char *version, unsigned length) {
    strncpy(version, DRIVER, length);
    return 0;
}

#define REFUSED(name) \
    int name(void) { return 3; }
REFUSED(nvmlDeviceGetHandleByUUID)
REFUSED(nvmlDeviceGetMemoryInfo)
REFUSED(nvmlDeviceGetName)
