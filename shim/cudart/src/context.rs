//! Starts the driver, and gives each thread the primary context of its device when it needs one.
//!
//! A context that the program made current through the driver is used as it is. Primary contexts are retained once per process.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use vgputrace_client::functions_table::{
    cuCtxGetCurrent, cuCtxGetDevice, cuCtxSetCurrent, cuDeviceGet, cuDeviceGetCount,
    cuDevicePrimaryCtxReset_v2, cuDevicePrimaryCtxRetain, cuDriverGetVersion, cuInit,
};
use vgputrace_client::{Code, Handle, Out, Outcome};

use crate::VERSION;

thread_local! {
    /// The device this thread chose.
    static CHOSEN: Cell<i32> = const { Cell::new(0) };
}

static STARTED: AtomicBool = AtomicBool::new(false);
/// The primary contexts that are retained, by device.
static PRIMARY: Mutex<BTreeMap<i32, Handle>> = Mutex::new(BTreeMap::new());

/// The driver is there, new enough and started. A failure is not remembered: a device may be ready later.
pub(crate) fn start() -> Outcome {
    if STARTED.load(Ordering::Acquire) {
        return Ok(());
    }
    if driver_version()? / 1000 < VERSION / 1000 {
        return Err(Code::INSUFFICIENT_DRIVER);
    }
    cuInit(0)?;
    STARTED.store(true, Ordering::Release);
    Ok(())
}

/// What CUDA version the driver can serve.
pub(crate) fn driver_version() -> Result<i32, Code> {
    let mut version = 0;
    cuDriverGetVersion(Out::to(&mut version))?;
    Ok(version)
}

/// The driver's handle of a device.
pub(crate) fn device(ordinal: i32) -> Result<i32, Code> {
    start()?;
    let mut device = 0;
    cuDeviceGet(Out::to(&mut device), ordinal)?;
    Ok(device)
}

/// How many devices there are.
pub(crate) fn count() -> Result<i32, Code> {
    start()?;
    let mut count = 0;
    cuDeviceGetCount(Out::to(&mut count))?;
    Ok(count)
}

/// The thread has a context after this: the one it has, or its device's primary one.
pub(crate) fn bind() -> Outcome {
    start()?;
    if current()?.is_null() {
        cuCtxSetCurrent(primary(CHOSEN.get())?)?;
    }
    Ok(())
}

fn current() -> Result<Handle, Code> {
    let mut context = Handle::NULL;
    cuCtxGetCurrent(Out::to(&mut context))?;
    Ok(context)
}

/// A device's primary context.
pub(crate) fn primary(ordinal: i32) -> Result<Handle, Code> {
    let device = device(ordinal)?;
    let mut retained = PRIMARY.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(context) = retained.get(&ordinal) {
        return Ok(*context);
    }
    let mut context = Handle::NULL;
    cuDevicePrimaryCtxRetain(Out::to(&mut context), device)?;
    retained.insert(ordinal, context);
    Ok(context)
}

/// Chooses the thread's device and starts it, as runtimes since CUDA 12 do.
pub(crate) fn choose(ordinal: i32) -> Outcome {
    if !(0..count()?).contains(&ordinal) {
        return Err(Code::INVALID_DEVICE);
    }
    let context = primary(ordinal)?;
    cuCtxSetCurrent(context)?;
    CHOSEN.set(ordinal);
    Ok(())
}

/// The thread's device: that of its context, else the one it chose.
pub(crate) fn chosen() -> Result<i32, Code> {
    start()?;
    if current()?.is_null() {
        return Ok(CHOSEN.get());
    }
    let mut device = 0;
    cuCtxGetDevice(Out::to(&mut device))?;
    Ok(device)
}

/// Drops all that the process has on the thread's device.
pub(crate) fn reset() -> Outcome {
    let ordinal = chosen()?;
    let device = device(ordinal)?;
    let mut retained = PRIMARY.lock().unwrap_or_else(PoisonError::into_inner);
    cuDevicePrimaryCtxReset_v2(device)?;
    retained.remove(&ordinal);
    cuCtxSetCurrent(Handle::NULL)
}
