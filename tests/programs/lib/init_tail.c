/* ggml_backend_init is a jump and has no return of its own, as compilers make it in real CUDA backends. */
#include "backend.h"

struct backend_reg *ggml_backend_cuda_reg(void) { return &the_backend; }

__asm__(".globl ggml_backend_init\n"
        ".type ggml_backend_init, @function\n"
        "ggml_backend_init:\n"
        "    jmp ggml_backend_cuda_reg@PLT\n"
        ".size ggml_backend_init, . - ggml_backend_init\n");
