/* Streams, captures, graphs and events of apart_driver.c. */
#include "apart_work.h"

/* A call that a captured stream does not allow breaks its capture. */
static int must_not_capture(void *handle) {
    struct stream *stream = stream_of(handle);
    stream->is_broken = stream->capturing != NULL;
    return stream->capturing ? CAPTURE_UNSUPPORTED : OK;
}

int cuStreamCreate(void **stream, unsigned flags) {
    ENTER_CONTEXT;
    *stream = calloc(1, sizeof(struct stream));
    return OK;
}
int cuStreamDestroy_v2(void *stream) {
    ENTER_CONTEXT;
    free(stream);
    return OK;
}
int cuStreamSynchronize(void *stream) {
    ENTER_CONTEXT;
    return must_not_capture(stream);
}
int cuStreamQuery(void *stream) {
    ENTER_CONTEXT;
    return must_not_capture(stream);
}
int cuStreamWaitEvent(void *stream, void *event, unsigned flags) {
    ENTER_CONTEXT;
    return OK;
}
int cuStreamIsCapturing(void *stream, int *status) {
    ENTER_CONTEXT;
    *status = stream_of(stream)->capturing != NULL;
    return OK;
}
int cuStreamBeginCapture_v2(void *handle, int mode) {
    ENTER_CONTEXT;
    if ((uintptr_t)handle < 2) return CAPTURE_UNSUPPORTED;
    struct graph *graph = calloc(1, sizeof *graph);
    graph->last = &graph->first;
    graph->uses = 1;
    stream_of(handle)->capturing = graph;
    return OK;
}
int cuStreamEndCapture(void *handle, void **graph) {
    ENTER_CONTEXT;
    struct stream *stream = stream_of(handle);
    struct graph *made = stream->capturing;
    int is_broken = stream->is_broken;
    *stream = (struct stream){NULL, 0};
    *graph = is_broken ? NULL : made;
    if (is_broken) graph_less(made);
    return is_broken ? 901 : made ? OK : 401;
}
int cuStreamGetCaptureInfo_v2(void *handle, int *status, uint64_t *id, void **graph, void **nodes, size_t *count) {
    ENTER_CONTEXT;
    *status = stream_of(handle)->capturing != NULL;
    if (graph) *graph = stream_of(handle)->capturing;
    return OK;
}
int cuUserObjectCreate(void **to, void *data, void (*destroy)(void *), unsigned count, unsigned flags) {
    ENTER;
    struct object *object = malloc(sizeof *object);
    *object = (struct object){data, destroy, (int)count};
    *to = object;
    return OK;
}
int cuUserObjectRelease(struct object *object, unsigned count) {
    ENTER;
    object_less(object, (int)count);
    return OK;
}
int cuGraphRetainUserObject(struct graph *graph, struct object *object, unsigned count, unsigned flags) {
    ENTER;
    if (graph->object_count == 64 || flags != 1 || count != 1) return UNSUPPORTED;
    graph->objects[graph->object_count++] = object;
    return OK;
}
int cuGraphDestroy(struct graph *graph) {
    ENTER;
    graph_less(graph);
    return OK;
}
int cuGraphInstantiateWithFlags(struct graph **exec, struct graph *graph, uint64_t flags) {
    ENTER;
    graph->uses++;
    *exec = graph;
    return OK;
}
int cuGraphExecDestroy(struct graph *exec) {
    ENTER;
    graph_less(exec);
    return OK;
}
int cuGraphExecUpdate_v2(void *exec, void *graph, int *result) {
    ENTER;
    *result = 1;
    return 910;
}
int cuGraphLaunch(struct graph *exec, void *stream) {
    ENTER_CONTEXT;
    for (struct node *node = exec->first; node; node = node->next) run(node);
    return OK;
}
int cuThreadExchangeStreamCaptureMode(int *mode) {
    ENTER;
    static _Thread_local int now;
    int before = now;
    now = *mode;
    *mode = before;
    return OK;
}

int cuEventCreate(void **event, unsigned flags) {
    ENTER_CONTEXT;
    *event = calloc(1, sizeof(struct timespec));
    return OK;
}
int cuEventDestroy_v2(void *event) {
    ENTER_CONTEXT;
    free(event);
    return OK;
}
int cuEventRecord(struct timespec *event, void *stream) {
    ENTER_CONTEXT;
    clock_gettime(CLOCK_MONOTONIC, event);
    return OK;
}
int cuEventQuery(void *event) {
    ENTER_CONTEXT;
    return OK;
}
int cuEventSynchronize(void *event) {
    ENTER_CONTEXT;
    return OK;
}
int cuEventElapsedTime(float *milliseconds, struct timespec *start, struct timespec *end) {
    ENTER_CONTEXT;
    *milliseconds = (float)(end->tv_sec - start->tv_sec) * 1e3f + (float)(end->tv_nsec - start->tv_nsec) / 1e6f;
    return OK;
}
