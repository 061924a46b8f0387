/* A pretend librocblas.so.N without kernels for the card: its start ends the process in rocBLAS's own words. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>

#ifndef FOLDER
#define FOLDER "/opt/rocm/lib/rocblas/library"
#endif

void rocblas_initialize(void) {
    if (open(FOLDER "/TensileLibrary.dat", O_RDONLY) >= 0) return;
    fprintf(stderr, "\nrocBLAS error: Cannot read " FOLDER "/TensileLibrary.dat: No such file or directory for GPU arch : gfx906\n");
    abort();
}
