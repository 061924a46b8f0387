//! Streams, and work that is written down from one.
//!
//! The handles of the shared default stream (NULL or 1) and of the thread's own one (2) are the driver's too, so they are handed on.

#[cfg(cuda12)]
use vgputrace_client::functions_table::cuStreamGetCaptureInfo_v2;
use vgputrace_client::functions_table::{
    cuCtxGetStreamPriorityRange, cuLaunchHostFunc, cuStreamAddCallback, cuStreamAttachMemAsync,
    cuStreamBeginCapture_v2, cuStreamCreate, cuStreamCreateWithPriority, cuStreamDestroy_v2,
    cuStreamEndCapture, cuStreamGetCaptureInfo_v3, cuStreamGetDevice, cuStreamGetFlags,
    cuStreamGetId, cuStreamGetPriority, cuStreamIsCapturing, cuStreamQuery, cuStreamSynchronize,
    cuStreamWaitEvent, cuThreadExchangeStreamCaptureMode,
};
use vgputrace_client::{Code, Handle, Out, Outcome};

use crate::context::{bind, start};

/// The stream that a function of the `_ptsz` kind means: no stream is the thread's own one.
pub(crate) fn own(stream: Handle) -> Handle {
    if stream.is_null() {
        Handle::new(2)
    } else {
        stream
    }
}

/// What a function of the `_ptds` kind does: its work in the thread's own stream, and the wait for it.
pub(crate) fn in_own(work: impl FnOnce(Handle) -> Outcome) -> Outcome {
    let stream = own(Handle::NULL);
    work(stream)?;
    wait(stream)
}

/// `cudaStreamCreate` (flags 0) and `cudaStreamCreateWithFlags`.
pub(crate) fn create(to: Out<Handle>, flags: u32) -> Outcome {
    bind()?;
    cuStreamCreate(to, flags)
}

/// `cudaStreamCreateWithPriority`.
pub(crate) fn create_with_priority(to: Out<Handle>, flags: u32, priority: i32) -> Outcome {
    bind()?;
    cuStreamCreateWithPriority(to, flags, priority)
}

/// `cudaStreamDestroy`. Default streams cannot be destroyed.
pub(crate) fn destroy(stream: Handle) -> Outcome {
    bind()?;
    if stream.value() <= 2 {
        return Err(Code::INVALID_HANDLE);
    }
    cuStreamDestroy_v2(stream)
}

/// `cudaStreamSynchronize`.
pub(crate) fn wait(stream: Handle) -> Outcome {
    bind()?;
    cuStreamSynchronize(stream)
}

/// `cudaStreamQuery`.
pub(crate) fn query(stream: Handle) -> Outcome {
    bind()?;
    cuStreamQuery(stream)
}

/// `cudaStreamWaitEvent`.
pub(crate) fn wait_for_event(stream: Handle, event: Handle, flags: u32) -> Outcome {
    bind()?;
    cuStreamWaitEvent(stream, event, flags)
}

/// `cudaStreamGetFlags`.
pub(crate) fn flags(stream: Handle, to: Out<u32>) -> Outcome {
    bind()?;
    cuStreamGetFlags(stream, to)
}

/// `cudaStreamGetPriority`.
pub(crate) fn priority(stream: Handle, to: Out<i32>) -> Outcome {
    bind()?;
    cuStreamGetPriority(stream, to)
}

/// `cudaStreamGetId`.
pub(crate) fn id(stream: Handle, to: Out<u64>) -> Outcome {
    bind()?;
    cuStreamGetId(stream, to)
}

/// `cudaStreamGetDevice`.
pub(crate) fn device(stream: Handle, to: Out<i32>) -> Outcome {
    bind()?;
    cuStreamGetDevice(stream, to)
}

/// `cudaDeviceGetStreamPriorityRange`.
pub(crate) fn priorities(least: Out<i32>, greatest: Out<i32>) -> Outcome {
    bind()?;
    cuCtxGetStreamPriorityRange(least, greatest)
}

/// `cudaStreamAddCallback`; the codes that a callback gets are the driver's, whose numbers are the runtime's.
pub(crate) fn add_callback(stream: Handle, callback: Handle, data: Handle, flags: u32) -> Outcome {
    bind()?;
    cuStreamAddCallback(stream, callback, data, flags)
}

/// `cudaLaunchHostFunc`.
pub(crate) fn call_host(stream: Handle, function: Handle, data: Handle) -> Outcome {
    bind()?;
    cuLaunchHostFunc(stream, function, data)
}

/// `cudaStreamAttachMemAsync`.
pub(crate) fn attach_memory(stream: Handle, address: u64, bytes: usize, flags: u32) -> Outcome {
    bind()?;
    cuStreamAttachMemAsync(stream, address, bytes, flags)
}

/// `cudaStreamBeginCapture`.
pub(crate) fn begin_capture(stream: Handle, mode: i32) -> Outcome {
    bind()?;
    cuStreamBeginCapture_v2(stream, mode)
}

/// `cudaStreamEndCapture`.
pub(crate) fn end_capture(stream: Handle, to: Out<Handle>) -> Outcome {
    bind()?;
    cuStreamEndCapture(stream, to)
}

/// `cudaStreamIsCapturing`.
pub(crate) fn is_capturing(stream: Handle, to: Out<i32>) -> Outcome {
    bind()?;
    cuStreamIsCapturing(stream, to)
}

/// What `cudaStreamGetCaptureInfo` tells, in its forms.
#[derive(Clone, Copy)]
pub(crate) struct Told {
    pub(crate) status: Out<i32>,
    pub(crate) id: Out<u64>,
    pub(crate) graph: Out<Handle>,
    pub(crate) nodes: Out<Handle>,
    pub(crate) count: Out<usize>,
}

/// `cudaStreamGetCaptureInfo` without edges, which series 13 no longer has.
#[cfg(cuda12)]
pub(crate) fn capture_info(stream: Handle, told: Told) -> Outcome {
    bind()?;
    cuStreamGetCaptureInfo_v2(
        stream,
        told.status,
        told.id,
        told.graph,
        told.nodes,
        told.count,
    )
}

/// `cudaStreamGetCaptureInfo` with edges.
pub(crate) fn capture_info_with_edges(stream: Handle, told: Told, edges: Out<Handle>) -> Outcome {
    bind()?;
    cuStreamGetCaptureInfo_v3(
        stream,
        told.status,
        told.id,
        told.graph,
        told.nodes,
        edges,
        told.count,
    )
}

/// `cudaThreadExchangeStreamCaptureMode`.
pub(crate) fn exchange_capture_mode(mode: Out<i32>) -> Outcome {
    start()?;
    cuThreadExchangeStreamCaptureMode(mode)
}
