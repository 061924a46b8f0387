//! Handles: what a program has set on each, and the device under them.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use vgputrace_client::functions_table::{
    cuCtxGetCurrent, cuCtxSetCurrent, cuDeviceGet, cuDevicePrimaryCtxRetain, cuInit,
};
use vgputrace_client::{Handle, Out};

use crate::record::Job;
use crate::status::{Outcome, Status};

/// What a handle holds.
#[derive(Debug, Default)]
pub(crate) struct State {
    /// Work is queued here.
    pub(crate) stream: Handle,
    /// 0: alpha and beta are on the host; 1: on the device.
    pub(crate) pointer_mode: i32,
    /// Kept and given back; arithmetic here is never less precise than the default.
    pub(crate) math_mode: i32,
    /// Kept and given back; sums here are always in one order.
    pub(crate) atomics_mode: i32,
    /// Kept and given back.
    pub(crate) processors: i32,
    /// Work of graphs that could not take it over; it lives as long as the handle, like a workspace.
    pub(crate) kept: Vec<Arc<Job>>,
}

static HANDLES: Mutex<BTreeMap<usize, Arc<Mutex<State>>>> = Mutex::new(BTreeMap::new());
/// Handles are numbers that look like aligned addresses, and none is given out twice.
static NEXT: AtomicUsize = AtomicUsize::new(0x1000);

fn handles() -> MutexGuard<'static, BTreeMap<usize, Arc<Mutex<State>>>> {
    HANDLES.lock().unwrap_or_else(PoisonError::into_inner)
}

/// `cublasCreate_v2`: the driver is started, and the thread has a context.
pub(crate) fn create(to: Out<Handle>) -> Outcome {
    if to.is_null() {
        return Err(Status::INVALID_VALUE);
    }
    cuInit(0)?;
    let mut context = Handle::NULL;
    cuCtxGetCurrent(Out::to(&mut context))?;
    if context.is_null() {
        let mut device = 0;
        cuDeviceGet(Out::to(&mut device), 0)?;
        cuDevicePrimaryCtxRetain(Out::to(&mut context), device)?;
        cuCtxSetCurrent(context)?;
    }
    let number = NEXT.fetch_add(16, Ordering::Relaxed);
    handles().insert(number, Arc::default());
    Ok(to.set(Handle::new(number))?)
}

/// `cublasDestroy_v2`.
pub(crate) fn destroy(handle: Handle) -> Outcome {
    let removed = handles().remove(&handle.value());
    removed.map(drop).ok_or(Status::NOT_INITIALIZED)
}

/// What a handle holds; calls on one handle come one after the other.
pub(crate) fn with<T>(
    handle: Handle,
    work: impl FnOnce(&mut State) -> Result<T, Status>,
) -> Result<T, Status> {
    let state = handles().get(&handle.value()).cloned();
    let state = state.ok_or(Status::NOT_INITIALIZED)?;
    let mut state = state.lock().unwrap_or_else(PoisonError::into_inner);
    work(&mut state)
}

/// `cublasSetStream_v2`.
pub(crate) fn set_stream(handle: Handle, stream: Handle) -> Outcome {
    with(handle, |state| {
        state.stream = stream;
        Ok(())
    })
}

/// `cublasGetStream_v2`.
pub(crate) fn stream(handle: Handle, to: Out<Handle>) -> Outcome {
    with(handle, |state| Ok(to.set(state.stream)?))
}

/// `cublasSetPointerMode_v2`.
pub(crate) fn set_pointer_mode(handle: Handle, mode: i32) -> Outcome {
    with(handle, |state| {
        if !(0..=1).contains(&mode) {
            return Err(Status::INVALID_VALUE);
        }
        state.pointer_mode = mode;
        Ok(())
    })
}

/// `cublasGetPointerMode_v2`.
pub(crate) fn pointer_mode(handle: Handle, to: Out<i32>) -> Outcome {
    with(handle, |state| Ok(to.set(state.pointer_mode)?))
}

/// `cublasSetMathMode`.
pub(crate) fn set_math_mode(handle: Handle, mode: i32) -> Outcome {
    with(handle, |state| {
        state.math_mode = mode;
        Ok(())
    })
}

/// `cublasGetMathMode`.
pub(crate) fn math_mode(handle: Handle, to: Out<i32>) -> Outcome {
    with(handle, |state| Ok(to.set(state.math_mode)?))
}

/// `cublasSetAtomicsMode`.
pub(crate) fn set_atomics_mode(handle: Handle, mode: i32) -> Outcome {
    with(handle, |state| {
        state.atomics_mode = mode;
        Ok(())
    })
}

/// `cublasGetAtomicsMode`.
pub(crate) fn atomics_mode(handle: Handle, to: Out<i32>) -> Outcome {
    with(handle, |state| Ok(to.set(state.atomics_mode)?))
}

/// `cublasSetSmCountTarget`.
pub(crate) fn set_processors(handle: Handle, count: i32) -> Outcome {
    with(handle, |state| {
        if count < 0 {
            return Err(Status::INVALID_VALUE);
        }
        state.processors = count;
        Ok(())
    })
}

/// `cublasGetSmCountTarget`.
pub(crate) fn processors(handle: Handle, to: Out<i32>) -> Outcome {
    with(handle, |state| Ok(to.set(state.processors)?))
}

/// `cublasSetWorkspace_v2`: there is no use for one here; its alignment is checked as cuBLAS does.
pub(crate) fn set_workspace(handle: Handle, address: u64, bytes: usize) -> Outcome {
    with(handle, |_| {
        if bytes != 0 && !address.is_multiple_of(256) {
            return Err(Status::INVALID_VALUE);
        }
        Ok(())
    })
}
