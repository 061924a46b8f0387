/* Copies, fills and host calls of apart_driver.c: done at once, or nodes of a graph. */
#pragma once
#include "apart_base.h"

/* Work: done at once, or a node of the graph that is being captured. */
struct node {
    enum { COPY, FILL, CALL } kind;
    uint64_t to, from;
    size_t bytes, rows, to_pitch, from_pitch;
    unsigned char value;
    void (*call)(void *);
    void *data;
    struct node *next;
};
struct object {
    void *data;
    void (*destroy)(void *);
    int count;
};
struct graph {
    struct node *first, **last;
    struct object *objects[64];
    int object_count, uses;
};
struct stream {
    struct graph *capturing;
    int is_broken;
};
static struct stream defaults[3];

static struct stream *stream_of(void *handle) { return (uintptr_t)handle <= 2 ? &defaults[(uintptr_t)handle] : handle; }
static void object_less(struct object *object, int count) {
    if ((object->count -= count) > 0) return;
    object->destroy(object->data);
    free(object);
}
static void graph_less(struct graph *graph) {
    if (--graph->uses) return;
    for (int i = 0; i < graph->object_count; i++) object_less(graph->objects[i], 1);
    for (struct node *node = graph->first, *next; node; node = next) {
        next = node->next;
        free(node);
    }
    free(graph);
}
static void run(const struct node *node) {
    for (size_t row = 0; row < node->rows; row++) {
        char *to = (char *)place(node->to) + row * node->to_pitch;
        if (node->kind == COPY) memmove(to, (char *)place(node->from) + row * node->from_pitch, node->bytes);
        if (node->kind == FILL) memset(to, node->value, node->bytes);
        if (node->kind == CALL) node->call(node->data);
    }
}
static int work(void *handle, struct node node) {
    struct graph *graph = stream_of(handle)->capturing;
    if (!graph) {
        run(&node);
        return OK;
    }
    struct node *kept = malloc(sizeof node);
    *kept = node;
    kept->next = NULL;
    *graph->last = kept;
    graph->last = &kept->next;
    return OK;
}
/* Each kind of copy takes addresses of its kind only. */
static int copy(void *stream, uint64_t to, int to_device, uint64_t from, int from_device, size_t bytes) {
    int to_wrong = to_device >= 0 && to_device != !!(to & APART),
        from_wrong = from_device >= 0 && from_device != !!(from & APART);
    if (to_wrong || from_wrong) return INVALID;
    return work(stream, (struct node){.kind = COPY, .to = to, .from = from, .bytes = bytes, .rows = 1});
}
int cuMemcpy(uint64_t to, uint64_t from, size_t bytes) {
    ENTER_CONTEXT;
    return copy(NULL, to, -1, from, -1, bytes);
}
int cuMemcpyAsync(uint64_t to, uint64_t from, size_t bytes, void *stream) {
    ENTER_CONTEXT;
    return copy(stream, to, -1, from, -1, bytes);
}
int cuMemcpyHtoD_v2(uint64_t to, uint64_t from, size_t bytes) {
    ENTER_CONTEXT;
    return copy(NULL, to, 1, from, 0, bytes);
}
int cuMemcpyHtoDAsync_v2(uint64_t to, uint64_t from, size_t bytes, void *stream) {
    ENTER_CONTEXT;
    return copy(stream, to, 1, from, 0, bytes);
}
int cuMemcpyDtoH_v2(uint64_t to, uint64_t from, size_t bytes) {
    ENTER_CONTEXT;
    return copy(NULL, to, 0, from, 1, bytes);
}
int cuMemcpyDtoHAsync_v2(uint64_t to, uint64_t from, size_t bytes, void *stream) {
    ENTER_CONTEXT;
    return copy(stream, to, 0, from, 1, bytes);
}
int cuMemcpyDtoD_v2(uint64_t to, uint64_t from, size_t bytes) {
    ENTER_CONTEXT;
    return copy(NULL, to, 1, from, 1, bytes);
}
int cuMemcpyDtoDAsync_v2(uint64_t to, uint64_t from, size_t bytes, void *stream) {
    ENTER_CONTEXT;
    return copy(stream, to, 1, from, 1, bytes);
}
struct rows {
    size_t from_x, from_y;
    unsigned from_kind;
    uint64_t from_host, from_device;
    void *from_array;
    size_t from_pitch;
    size_t to_x, to_y;
    unsigned to_kind;
    uint64_t to_host, to_device;
    void *to_array;
    size_t to_pitch;
    size_t width, height;
};
int cuMemcpy2DAsync_v2(const struct rows *rows, void *stream) {
    ENTER_CONTEXT;
    uint64_t to = rows->to_kind == 1 ? rows->to_host : rows->to_device,
             from = rows->from_kind == 1 ? rows->from_host : rows->from_device;
    if ((rows->to_kind == 2 && !(to & APART)) || (rows->from_kind == 2 && !(from & APART))) return INVALID;
    return work(stream, (struct node){.kind = COPY,
                                      .to = to + rows->to_y * rows->to_pitch + rows->to_x,
                                      .from = from + rows->from_y * rows->from_pitch + rows->from_x,
                                      .bytes = rows->width,
                                      .rows = rows->height,
                                      .to_pitch = rows->to_pitch,
                                      .from_pitch = rows->from_pitch});
}
int cuMemcpy2D_v2(const struct rows *rows) {
    ENTER;
    return cuMemcpy2DAsync_v2(rows, NULL);
}
struct side {
    size_t x, y, z, level;
    unsigned kind;
    uint64_t host, device;
    void *array, *context;
    size_t pitch, height;
};
struct box {
    struct side from, to;
    size_t width, height, depth;
};
int cuMemcpy3DAsync_v2(const struct box *box, void *stream) {
    ENTER_CONTEXT;
    uint64_t to = box->to.kind == 1 ? box->to.host : box->to.device,
             from = box->from.kind == 1 ? box->from.host : box->from.device;
    for (size_t z = 0; z < box->depth; z++)
        work(stream,
             (struct node){
                 .kind = COPY,
                 .to = to + ((box->to.z + z) * box->to.height + box->to.y) * box->to.pitch + box->to.x,
                 .from = from + ((box->from.z + z) * box->from.height + box->from.y) * box->from.pitch + box->from.x,
                 .bytes = box->width,
                 .rows = box->height,
                 .to_pitch = box->to.pitch,
                 .from_pitch = box->from.pitch});
    return OK;
}
int cuMemcpy3D_v2(const struct box *box) {
    ENTER;
    return cuMemcpy3DAsync_v2(box, NULL);
}
int cuMemcpy3DPeerAsync(const struct box *box, void *stream) {
    ENTER;
    return is_context(box->to.context) && is_context(box->from.context) ? cuMemcpy3DAsync_v2(box, stream) : INVALID;
}
int cuMemcpyPeerAsync(uint64_t to, void *to_context, uint64_t from, void *from_context, size_t bytes, void *stream) {
    ENTER_CONTEXT;
    return is_context(to_context) && is_context(from_context) ? copy(stream, to, 1, from, 1, bytes) : INVALID;
}
int cuMemsetD8Async(uint64_t to, unsigned char value, size_t bytes, void *stream) {
    ENTER_CONTEXT;
    return to & APART ? work(stream, (struct node){.kind = FILL, .to = to, .value = value, .bytes = bytes, .rows = 1})
                      : INVALID;
}
int cuMemsetD8_v2(uint64_t to, unsigned char value, size_t bytes) {
    ENTER;
    return cuMemsetD8Async(to, value, bytes, NULL);
}
int cuLaunchHostFunc(void *stream, void (*call)(void *), void *data) {
    ENTER_CONTEXT;
    return work(stream, (struct node){.kind = CALL, .call = call, .data = data, .rows = 1});
}
