//! Streams. Work is done when it is asked for, so a stream is always idle, and waiting is over at once. Capturing work
//! into graphs is not supported: no stream ever captures.

use std::ffi::c_void;

use vgputrace_device::Code;

use crate::abi::{self, Handle, Out};
use crate::driver::{Driver, driver};
use crate::export::export;
use crate::objects::Stream;

/// A function of the program for the end of earlier work.
type HostFunction = Option<unsafe extern "C" fn(*mut c_void)>;
/// The older form, with stream and result.
type Callback = Option<unsafe extern "C" fn(Handle, i32, *mut c_void)>;

/// The program's own data for its function: handed on and never looked at.
#[repr(transparent)]
pub(crate) struct UserData(*mut c_void);

export! {
    fn cuStreamCreate(phStream: Out<Handle>, Flags: u32) {
        create(driver()?, phStream, Flags, 0)
    }

    /// Priorities beyond the range are cut to it.
    fn cuStreamCreateWithPriority(phStream: Out<Handle>, flags: u32, priority: i32) {
        create(driver()?, phStream, flags, priority.clamp(-5, 0))
    }

    fn cuStreamDestroy | cuStreamDestroy_v2(hStream: Handle) {
        let driver = driver()?;
        driver.objects().streams.remove(hStream).map(|_| ())
    }

    fn cuStreamSynchronize | cuStreamSynchronize_ptsz(hStream: Handle) {
        driver()?.stream(hStream).map(|_| ())
    }

    fn cuStreamQuery | cuStreamQuery_ptsz(hStream: Handle) {
        driver()?.stream(hStream).map(|_| ())
    }

    fn cuStreamWaitEvent | cuStreamWaitEvent_ptsz(hStream: Handle, hEvent: Handle, Flags: u32) {
        let driver = driver()?;
        driver.stream(hStream)?;
        if Flags > 1 {
            return Err(Code::INVALID_VALUE);
        }
        driver.objects().events.get(hEvent).map(|_| ())
    }

    fn cuStreamGetFlags | cuStreamGetFlags_ptsz(hStream: Handle, flags: Out<u32>) {
        let driver = driver()?;
        driver.stream(hStream)?;
        let kept = driver.objects().streams.get(hStream).map(|stream| stream.flags);
        flags.set(kept.unwrap_or(0))
    }

    fn cuStreamGetPriority | cuStreamGetPriority_ptsz(hStream: Handle, priority: Out<i32>) {
        let driver = driver()?;
        driver.stream(hStream)?;
        let kept = driver.objects().streams.get(hStream).map(|stream| stream.priority);
        priority.set(kept.unwrap_or(0))
    }

    fn cuStreamGetId | cuStreamGetId_ptsz(hStream: Handle, streamId: Out<u64>) {
        let driver = driver()?;
        driver.stream(hStream)?;
        let kept = driver.objects().streams.get(hStream).map(|stream| stream.id);
        streamId.set(kept.unwrap_or(hStream.0))
    }

    fn cuStreamGetCtx | cuStreamGetCtx_ptsz(hStream: Handle, pctx: Out<Handle>) {
        pctx.set(driver()?.stream(hStream)?.context)
    }

    /// No stream belongs to a green context.
    fn cuStreamGetCtx_v2 | cuStreamGetCtx_v2_ptsz(
        hStream: Handle,
        pCtx: Out<Handle>,
        pGreenCtx: Out<Handle>,
    ) {
        let context = driver()?.stream(hStream)?.context;
        pCtx.set(context)?;
        pGreenCtx.offer(Handle::NONE)
    }

    fn cuStreamGetDevice | cuStreamGetDevice_ptsz(hStream: Handle, device: Out<i32>) {
        let index = driver()?.stream(hStream)?.device;
        device.set(i32::try_from(index).unwrap_or(i32::MAX))
    }

    fn cuStreamIsCapturing | cuStreamIsCapturing_ptsz(hStream: Handle, captureStatus: Out<i32>) {
        driver()?.stream(hStream)?;
        captureStatus.set(0)
    }

    fn cuStreamGetCaptureInfo | cuStreamGetCaptureInfo_ptsz(
        hStream: Handle,
        captureStatus_out: Out<i32>,
        id_out: Out<u64>,
    ) {
        driver()?.stream(hStream)?;
        captureStatus_out.set(0)?;
        id_out.offer(0)
    }

    fn cuStreamGetCaptureInfo_v2 | cuStreamGetCaptureInfo_v2_ptsz(
        hStream: Handle,
        captureStatus_out: Out<i32>,
        id_out: Out<u64>,
        graph_out: Out<Handle>,
        dependencies_out: Out<u64>,
        numDependencies_out: Out<u64>,
    ) {
        driver()?.stream(hStream)?;
        captureStatus_out.set(0)?;
        id_out.offer(0)?;
        graph_out.offer(Handle::NONE)?;
        dependencies_out.offer(0)?;
        numDependencies_out.offer(0)
    }

    fn cuStreamGetCaptureInfo_v3 | cuStreamGetCaptureInfo_v3_ptsz(
        hStream: Handle,
        captureStatus_out: Out<i32>,
        id_out: Out<u64>,
        graph_out: Out<Handle>,
        dependencies_out: Out<u64>,
        edgeData_out: Out<u64>,
        numDependencies_out: Out<u64>,
    ) {
        driver()?.stream(hStream)?;
        captureStatus_out.set(0)?;
        id_out.offer(0)?;
        graph_out.offer(Handle::NONE)?;
        dependencies_out.offer(0)?;
        edgeData_out.offer(0)?;
        numDependencies_out.offer(0)
    }

    /// All earlier work is done, so the function runs at once, in this thread.
    fn cuLaunchHostFunc | cuLaunchHostFunc_ptsz(
        hStream: Handle,
        function: HostFunction,
        userData: UserData,
    ) {
        driver()?.stream(hStream)?;
        let function = function.ok_or(Code::INVALID_VALUE)?;
        abi::host_range(function as usize as u64, 1)?;
        // SAFETY: the C interface demands a function of this type; no lock of ours is held.
        unsafe { function(userData.0) };
        Ok(())
    }

    /// All earlier work is done, so the function runs at once, in this thread.
    fn cuStreamAddCallback | cuStreamAddCallback_ptsz(
        hStream: Handle,
        callback: Callback,
        userData: UserData,
        flags: u32,
    ) {
        driver()?.stream(hStream)?;
        let callback = callback.filter(|_| flags == 0).ok_or(Code::INVALID_VALUE)?;
        abi::host_range(callback as usize as u64, 1)?;
        // SAFETY: the C interface demands a function of this type; no lock of ours is held.
        unsafe { callback(hStream, 0, userData.0) };
        Ok(())
    }
}

fn create(driver: &Driver, place: Out<Handle>, flags: u32, priority: i32) -> Result<(), Code> {
    let current = driver.current()?;
    place.check()?;
    if flags > 1 {
        return Err(Code::INVALID_VALUE);
    }
    let mut objects = driver.objects();
    let id = objects.number();
    let stream = objects.streams.insert(Stream {
        context: current.context,
        flags,
        priority,
        id,
    });
    drop(objects);
    place.set(stream)
}
