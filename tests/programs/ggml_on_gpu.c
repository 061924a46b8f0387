/* Uses a CUDA backend of ggml as a program does: argv[1] libggml-base, argv[2] the backend, then what to do with its
 * first device: list       says what there is memory     writes a tensor of some MiB, reads it back multiply   f32
 * matrices, through cuBLAS; again and again, so that ggml makes a graph of it if it wants to add        needs a kernel
 * of the backend The functions used have kept their signatures in the releases under test. */
#include <dlfcn.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct init {
    size_t bytes;
    void *memory;
    bool no_alloc;
};
static void *base;
static void *find(const char *name) {
    void *found = dlsym(base, name);
    if (!found) {
        printf("no %s\n", name);
        exit(2);
    }
    return found;
}
#define ASK(type, name, ...) ((type (*)())find(#name))(__VA_ARGS__)
#define TENSOR(name, ...) ASK(void *, name, context, __VA_ARGS__)

enum { F32 = 0, ROWS = 48, DEPTH = 64, COLUMNS = 40 };

static float element(int which, int row, int column) {
    return (float)((row * (3 + which) + column * (5 - which)) % 17 - 8);
}

static void fill(void *tensor, int which, int width, int height) {
    float *values = malloc(sizeof(float) * (size_t)width * (size_t)height);
    for (int row = 0; row < height; row++)
        for (int column = 0; column < width; column++) values[row * width + column] = element(which, row, column);
    ASK(void, ggml_backend_tensor_set, tensor, values, (size_t)0, sizeof(float) * (size_t)width * (size_t)height);
    free(values);
}

static int memory(void *backend) {
    void *context = ((void *(*)(struct init))find("ggml_init"))((struct init){1 << 20, NULL, true});
    size_t count = 5 << 18, bytes = count * 4;
    void *tensor = ((void *(*)(void *, int, int64_t))find("ggml_new_tensor_1d"))(context, F32, (int64_t)count);
    if (!ASK(void *, ggml_backend_alloc_ctx_tensors, context, backend)) return puts("no buffer"), 1;
    uint32_t *written = malloc(bytes), *read = calloc(1, bytes);
    for (size_t i = 0; i < count; i++) written[i] = (uint32_t)i * 2654435761u;
    ASK(void, ggml_backend_tensor_set, tensor, written, (size_t)0, bytes);
    ASK(void, ggml_backend_tensor_get, tensor, read, (size_t)0, bytes);
    printf("round trip of %zu bytes: %s\n", bytes, memcmp(written, read, bytes) ? "different" : "the same");
    return 0;
}

/* ggml: the first has rows of DEPTH, the second too; the result is their product with the second transposed. */
static int multiply(void *backend) {
    void *context = ((void *(*)(struct init))find("ggml_init"))((struct init){1 << 20, NULL, true});
    void *(*matrix)(void *, int, int64_t, int64_t) =
        (void *(*)(void *, int, int64_t, int64_t))find("ggml_new_tensor_2d");
    void *a = matrix(context, F32, DEPTH, ROWS), *b = matrix(context, F32, DEPTH, COLUMNS);
    void *c = TENSOR(ggml_mul_mat, a, b), *graph = ASK(void *, ggml_new_graph, context);
    ASK(void, ggml_build_forward_expand, graph, c);
    if (!ASK(void *, ggml_backend_alloc_ctx_tensors, context, backend)) return puts("no buffer"), 1;
    int wrong = 0;
    for (int round = 0; round < 4; round++) {
        fill(a, round, DEPTH, ROWS);
        fill(b, 1, DEPTH, COLUMNS);
        int status = ASK(int, ggml_backend_graph_compute, backend, graph);
        if (status) return printf("compute: %d\n", status), 1;
        static float result[COLUMNS][ROWS];
        ASK(void, ggml_backend_tensor_get, c, result, (size_t)0, sizeof result);
        for (int column = 0; column < COLUMNS; column++)
            for (int row = 0; row < ROWS; row++) {
                float sum = 0;
                for (int i = 0; i < DEPTH; i++) sum += element(round, row, i) * element(1, column, i);
                wrong += sum != result[column][row];
            }
    }
    printf("%d wrong of %d\n", wrong, 4 * ROWS * COLUMNS);
    return 0;
}

static int add(void *backend) {
    void *context = ((void *(*)(struct init))find("ggml_init"))((struct init){1 << 20, NULL, true});
    void *(*matrix)(void *, int, int64_t, int64_t) =
        (void *(*)(void *, int, int64_t, int64_t))find("ggml_new_tensor_2d");
    void *a = matrix(context, F32, DEPTH, ROWS), *b = matrix(context, F32, DEPTH, ROWS);
    void *c = TENSOR(ggml_add, a, b), *graph = ASK(void *, ggml_new_graph, context);
    ASK(void, ggml_build_forward_expand, graph, c);
    ASK(void *, ggml_backend_alloc_ctx_tensors, context, backend);
    fill(a, 0, DEPTH, ROWS);
    fill(b, 1, DEPTH, ROWS);
    fflush(stdout);
    printf("compute: %d\n", ASK(int, ggml_backend_graph_compute, backend, graph));
    return 0;
}

int main(int argc, char **argv) {
    base = dlopen(argv[1], RTLD_NOW | RTLD_GLOBAL);
    void *cuda = base ? dlopen(argv[2], RTLD_NOW) : NULL;
    if (!cuda) return puts(dlerror()), 1;
    void *(*start)(void) = (void *(*)(void))dlsym(cuda, "ggml_backend_init");
    void *backends = start();
    size_t count = ASK(size_t, ggml_backend_reg_dev_count, backends);
    printf("%s, %zu devices\n", ASK(const char *, ggml_backend_reg_name, backends), count);
    if (!count) return 0;
    void *device = ASK(void *, ggml_backend_reg_dev_get, backends, (size_t)0);
    size_t available = 0, total = 0;
    ASK(void, ggml_backend_dev_memory, device, &available, &total);
    printf("%s: %s, %zu of %zu MiB\n", ASK(const char *, ggml_backend_dev_name, device),
           ASK(const char *, ggml_backend_dev_description, device), available >> 20, total >> 20);
    fflush(stdout);
    if (!strcmp(argv[3], "list")) return 0;
    void *backend = ASK(void *, ggml_backend_dev_init, device, (void *)NULL);
    if (!strcmp(argv[3], "memory")) return memory(backend);
    if (!strcmp(argv[3], "multiply")) return multiply(backend);
    return add(backend);
}
