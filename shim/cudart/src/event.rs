//! Events: marks in streams.

use vgputrace_client::functions_table::{
    cuEventCreate, cuEventDestroy_v2, cuEventElapsedTime, cuEventQuery, cuEventRecord,
    cuEventRecordWithFlags, cuEventSynchronize,
};
use vgputrace_client::{Handle, Out, Outcome};

use crate::context::bind;

/// `cudaEventCreate` (flags 0) and `cudaEventCreateWithFlags`.
pub(crate) fn create(to: Out<Handle>, flags: u32) -> Outcome {
    bind()?;
    cuEventCreate(to, flags)
}

/// `cudaEventDestroy`.
pub(crate) fn destroy(event: Handle) -> Outcome {
    bind()?;
    cuEventDestroy_v2(event)
}

/// `cudaEventRecord`.
pub(crate) fn record(event: Handle, stream: Handle) -> Outcome {
    bind()?;
    cuEventRecord(event, stream)
}

/// `cudaEventRecordWithFlags`.
pub(crate) fn record_with_flags(event: Handle, stream: Handle, flags: u32) -> Outcome {
    bind()?;
    cuEventRecordWithFlags(event, stream, flags)
}

/// `cudaEventQuery`.
pub(crate) fn query(event: Handle) -> Outcome {
    bind()?;
    cuEventQuery(event)
}

/// `cudaEventSynchronize`.
pub(crate) fn wait(event: Handle) -> Outcome {
    bind()?;
    cuEventSynchronize(event)
}

/// `cudaEventElapsedTime`.
pub(crate) fn elapsed(milliseconds: Out<f32>, start: Handle, end: Handle) -> Outcome {
    bind()?;
    cuEventElapsedTime(milliseconds, start, end)
}
