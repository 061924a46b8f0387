/* A driver that answers one question. Macro CODE: its result. */
int cuInit(unsigned flags) { return 0; }

int cuDeviceGetAttribute(int *value, int attribute, int device) {
    *value = attribute;
    return CODE;
}
