//! Graphs of work: those that a capture made, and what can be asked of them. Codes, kinds of nodes and results of updates have the driver's numbers.

use vgputrace_client::functions_table::{
    cuGraphAddEmptyNode, cuGraphClone, cuGraphCreate, cuGraphDebugDotPrint, cuGraphDestroy,
    cuGraphDestroyNode, cuGraphExecDestroy, cuGraphExecGetFlags, cuGraphExecUpdate_v2,
    cuGraphGetNodes, cuGraphGetRootNodes, cuGraphInstantiateWithFlags, cuGraphLaunch,
    cuGraphNodeGetType, cuGraphReleaseUserObject, cuGraphRetainUserObject, cuGraphUpload,
    cuUserObjectCreate, cuUserObjectRelease, cuUserObjectRetain,
};
use vgputrace_client::{Handle, In, Out, Outcome, Text};

use crate::context::{bind, start};

/// `cudaGraphCreate`.
pub(crate) fn create(to: Out<Handle>, flags: u32) -> Outcome {
    start()?;
    cuGraphCreate(to, flags)
}

/// `cudaGraphDestroy`.
pub(crate) fn destroy(graph: Handle) -> Outcome {
    start()?;
    cuGraphDestroy(graph)
}

/// `cudaGraphClone`.
pub(crate) fn clone(to: Out<Handle>, graph: Handle) -> Outcome {
    start()?;
    cuGraphClone(to, graph)
}

/// `cudaGraphAddEmptyNode`.
pub(crate) fn add_empty(
    to: Out<Handle>,
    graph: Handle,
    after: In<Handle>,
    count: usize,
) -> Outcome {
    start()?;
    cuGraphAddEmptyNode(to, graph, after, count)
}

/// `cudaGraphDestroyNode`.
pub(crate) fn destroy_node(node: Handle) -> Outcome {
    start()?;
    cuGraphDestroyNode(node)
}

/// `cudaGraphGetNodes`.
pub(crate) fn nodes(graph: Handle, to: Out<Handle>, count: Out<usize>) -> Outcome {
    start()?;
    cuGraphGetNodes(graph, to, count)
}

/// `cudaGraphGetRootNodes`.
pub(crate) fn roots(graph: Handle, to: Out<Handle>, count: Out<usize>) -> Outcome {
    start()?;
    cuGraphGetRootNodes(graph, to, count)
}

/// `cudaGraphNodeGetType`.
pub(crate) fn kind(node: Handle, to: Out<i32>) -> Outcome {
    start()?;
    cuGraphNodeGetType(node, to)
}

/// `cudaGraphInstantiate` and `cudaGraphInstantiateWithFlags`.
pub(crate) fn instantiate(to: Out<Handle>, graph: Handle, flags: u64) -> Outcome {
    bind()?;
    cuGraphInstantiateWithFlags(to, graph, flags)
}

/// `cudaGraphExecUpdate`; the structure of the result is the driver's.
pub(crate) fn update(exec: Handle, graph: Handle, result: Handle) -> Outcome {
    bind()?;
    cuGraphExecUpdate_v2(exec, graph, result)
}

/// `cudaGraphExecDestroy`.
pub(crate) fn destroy_exec(exec: Handle) -> Outcome {
    start()?;
    cuGraphExecDestroy(exec)
}

/// `cudaGraphExecGetFlags`.
pub(crate) fn exec_flags(exec: Handle, to: Out<u64>) -> Outcome {
    start()?;
    cuGraphExecGetFlags(exec, to)
}

/// `cudaGraphLaunch`.
pub(crate) fn launch(exec: Handle, stream: Handle) -> Outcome {
    bind()?;
    cuGraphLaunch(exec, stream)
}

/// `cudaGraphUpload`.
pub(crate) fn upload(exec: Handle, stream: Handle) -> Outcome {
    bind()?;
    cuGraphUpload(exec, stream)
}

/// `cudaGraphDebugDotPrint`.
pub(crate) fn print(graph: Handle, path: Text, flags: u32) -> Outcome {
    start()?;
    cuGraphDebugDotPrint(graph, path, flags)
}

/// `cudaUserObjectCreate`.
pub(crate) fn create_object(
    to: Out<Handle>,
    data: Handle,
    destroy: Handle,
    count: u32,
    flags: u32,
) -> Outcome {
    start()?;
    cuUserObjectCreate(to, data, destroy, count, flags)
}

/// `cudaUserObjectRetain`.
pub(crate) fn retain_object(object: Handle, count: u32) -> Outcome {
    start()?;
    cuUserObjectRetain(object, count)
}

/// `cudaUserObjectRelease`.
pub(crate) fn release_object(object: Handle, count: u32) -> Outcome {
    start()?;
    cuUserObjectRelease(object, count)
}

/// `cudaGraphRetainUserObject`.
pub(crate) fn retain_in(graph: Handle, object: Handle, count: u32, flags: u32) -> Outcome {
    start()?;
    cuGraphRetainUserObject(graph, object, count, flags)
}

/// `cudaGraphReleaseUserObject`.
pub(crate) fn release_in(graph: Handle, object: Handle, count: u32) -> Outcome {
    start()?;
    cuGraphReleaseUserObject(graph, object, count)
}
