/* Captures of streams and the graphs they make. */
#include "cuda_min.h"
#include "check.h"
#ifndef CUDA_H
typedef struct CUgraph_st *CUgraph;
typedef struct CUgraphExec_st *CUgraphExec;
typedef struct CUgraphNode_st *CUgraphNode;
typedef struct CUuserObject_st *CUuserObject;
typedef int CUstreamCaptureStatus, CUstreamCaptureMode, CUgraphNodeType;
typedef struct { int result; CUgraphNode errorNode, errorFromNode; } CUgraphExecUpdateResultInfo;
#define cuStreamBeginCapture cuStreamBeginCapture_v2
#define cuGraphExecUpdate cuGraphExecUpdate_v2
CUresult cuStreamBeginCapture(CUstream, int);
CUresult cuStreamEndCapture(CUstream, CUgraph *);
CUresult cuStreamIsCapturing(CUstream, int *);
CUresult cuStreamGetCaptureInfo_v3(CUstream, int *, uint64_t *, CUgraph *, const CUgraphNode **, const void **, size_t *);
CUresult cuThreadExchangeStreamCaptureMode(int *);
CUresult cuGraphInstantiateWithFlags(CUgraphExec *, CUgraph, unsigned long long);
CUresult cuGraphExecUpdate(CUgraphExec, CUgraph, CUgraphExecUpdateResultInfo *);
CUresult cuGraphLaunch(CUgraphExec, CUstream);
CUresult cuGraphExecDestroy(CUgraphExec);
CUresult cuGraphDestroy(CUgraph);
CUresult cuGraphClone(CUgraph *, CUgraph);
CUresult cuGraphGetNodes(CUgraph, CUgraphNode *, size_t *);
CUresult cuGraphNodeGetType(CUgraphNode, int *);
CUresult cuGraphDestroyNode(CUgraphNode);
CUresult cuUserObjectCreate(CUuserObject *, void *, void (*)(void *), unsigned, unsigned);
CUresult cuUserObjectRelease(CUuserObject, unsigned);
CUresult cuGraphRetainUserObject(CUgraph, CUuserObject, unsigned, unsigned);
CUresult cuMemsetD8Async(CUdeviceptr, unsigned char, size_t, CUstream);
CUresult cuMemAllocAsync(CUdeviceptr *, size_t, CUstream);
CUresult cuLaunchHostFunc(CUstream, void (*)(void *), void *);
CUresult cuStreamWaitEvent(CUstream, CUevent, unsigned);
#endif
#undef cuStreamGetCaptureInfo
#define cuStreamGetCaptureInfo cuStreamGetCaptureInfo_v3

static CUdeviceptr memory;
static CUstream one, other;
static void count(void *counter) { ++*(int *)counter; }

/* Two streams, which come back or do not. */
static void joins(void) {
    CUevent fork, join;
    CUgraph graph;
    unsigned char bytes[2] = {0};
    OK(cuEventCreate(&fork, 2));
    OK(cuEventCreate(&join, 2));
    for (int comes_back = 0; comes_back < 2; comes_back++) {
        OK(cuStreamBeginCapture(one, 2));
        OK(cuMemsetD8Async(memory, 1, 1, one));
        OK(cuEventRecord(fork, one));
        OK(cuStreamWaitEvent(other, fork, 0));
        OK(cuMemsetD8Async(memory + 1, 2, 1, other));
        OK(cuEventRecord(join, other));
        IS(907, cuEventSynchronize(join));
        if (comes_back) OK(cuStreamWaitEvent(one, join, 0));
        IS(903, comes_back ? 903 : cuStreamEndCapture(other, &graph));
        IS(comes_back ? 0 : 901, cuStreamEndCapture(one, &graph));
    }
    CUgraphExec exec;
    OK(cuMemsetD8(memory, 0, 2));
    OK(cuGraphInstantiateWithFlags(&exec, graph, 0));
    OK(cuGraphLaunch(exec, one));
    OK(cuMemcpyDtoH(bytes, memory, 2));
    IS(1, bytes[0]);
    IS(2, bytes[1]);
    OK(cuGraphExecDestroy(exec));
    OK(cuGraphDestroy(graph));
    OK(cuEventDestroy(fork));
    OK(cuEventDestroy(join));
}

/* A thing that lives until nothing can use it. */
static void objects(void) {
    int ended = 0, ran = 0;
    CUuserObject object;
    CUgraph graph, found, clone;
    CUgraphExec exec;
    uint64_t id;
    CUstreamCaptureStatus status;
    IS(1, cuUserObjectCreate(&object, &ended, count, 1, 0));
    OK(cuUserObjectCreate(&object, &ended, count, 1, 1));
    OK(cuStreamBeginCapture(one, 0));
    OK(cuStreamGetCaptureInfo(one, &status, &id, &found, NULL, NULL, NULL));
    IS(1, status);
    OK(cuGraphRetainUserObject(found, object, 1, 1));
    OK(cuLaunchHostFunc(one, count, &ran));
    OK(cuStreamEndCapture(one, &graph));
    IS(1, graph == found);
    IS(0, ran);
    OK(cuGraphClone(&clone, graph));
    OK(cuGraphInstantiateWithFlags(&exec, clone, 0));
    OK(cuGraphDestroy(graph));
    OK(cuGraphDestroy(clone));
    IS(0, ended);
    OK(cuGraphLaunch(exec, one));
    OK(cuGraphLaunch(exec, other));
    IS(2, ran);
    OK(cuGraphExecDestroy(exec));
    IS(1, ended);
    IS(400, cuUserObjectRelease(object, 1));
    IS(400, cuGraphLaunch(exec, one));
}

static CUgraph fill(unsigned char value, int host) {
    static int ran;
    CUgraph graph;
    OK(cuStreamBeginCapture(one, 1));
    OK(cuMemsetD8Async(memory, value, 1, one));
    if (host) OK(cuLaunchHostFunc(one, count, &ran));
    OK(cuStreamEndCapture(one, &graph));
    return graph;
}

static void updates(void) {
    CUgraph first = fill(3, 0), second = fill(4, 0), longer = fill(5, 1);
    CUgraphNode nodes[3];
    CUgraphExecUpdateResultInfo result;
    CUgraphExec exec;
    size_t many = 3;
    CUgraphNodeType kind;
    unsigned char byte;
    OK(cuGraphInstantiateWithFlags(&exec, first, 0));
    OK(cuGraphExecUpdate(exec, second, &result));
    IS(0, result.result);
    OK(cuGraphLaunch(exec, one));
    OK(cuMemcpyDtoH(&byte, memory, 1));
    IS(4, byte);
    IS(910, cuGraphExecUpdate(exec, longer, &result));
    IS(2, result.result);
    OK(cuGraphGetNodes(longer, NULL, &many));
    IS(2, many);
    OK(cuGraphGetNodes(longer, nodes, &many));
    OK(cuGraphNodeGetType(nodes[0], &kind));
    IS(2, kind);
    OK(cuGraphNodeGetType(nodes[1], &kind));
    IS(3, kind);
    OK(cuGraphDestroyNode(nodes[1]));
    OK(cuGraphExecUpdate(exec, longer, &result));
    OK(cuGraphLaunch(exec, one));
    OK(cuMemcpyDtoH(&byte, memory, 1));
    IS(5, byte);
    OK(cuGraphExecDestroy(exec));
    OK(cuGraphDestroy(first));
    OK(cuGraphDestroy(second));
    OK(cuGraphDestroy(longer));
    IS(400, cuGraphDestroy(longer));
}

/* What must not be, and leaves nothing behind. */
static void refusals(void) {
    CUgraph graph;
    CUdeviceptr more;
    CUstreamCaptureStatus status;
    CUstreamCaptureMode mode = 2;
    IS(900, cuStreamBeginCapture(NULL, 2));
    IS(1, cuStreamBeginCapture(one, 3));
    IS(401, cuStreamEndCapture(one, &graph));
    OK(cuStreamBeginCapture(one, 2));
    IS(401, cuStreamBeginCapture(one, 2));
    IS(900, cuMemAllocAsync(&more, 64, one));
    IS(901, cuMemsetD8Async(memory, 1, 1, one));
    OK(cuStreamIsCapturing(one, &status));
    IS(2, status);
    IS(901, cuStreamEndCapture(one, &graph));
    OK(cuStreamIsCapturing(one, &status));
    IS(0, status);
    OK(cuMemsetD8Async(memory, 1, 1, one));
    OK(cuThreadExchangeStreamCaptureMode(&mode));
    IS(0, mode);
    OK(cuThreadExchangeStreamCaptureMode(&mode));
    IS(2, mode);
    OK(cuStreamBeginCapture((CUstream)2, 2));
    OK(cuStreamEndCapture((CUstream)2, &graph));
    OK(cuGraphDestroy(graph));
    OK(cuStreamBeginCapture(other, 2));
}

int main(void) {
    CUcontext context;
    OK(cuInit(0));
    OK(cuDevicePrimaryCtxRetain(&context, 0));
    OK(cuCtxSetCurrent(context));
    OK(cuMemAlloc(&memory, 64));
    OK(cuStreamCreate(&one, 1));
    OK(cuStreamCreate(&other, 1));
    joins();
    objects();
    updates();
    refusals();
    OK(cuStreamDestroy(other));
    OK(cuStreamDestroy(one));
    OK(cuMemFree(memory));
    puts("all as expected");
    return 0;
}
