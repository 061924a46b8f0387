//! Streams. Work is done when it is asked for, or kept for a graph, so a stream is always idle, and waiting is over at once.

use std::ffi::c_void;

use vgputrace_device::Code;

use crate::abi::{self, Handle, Out};
use crate::capture::Key;
use crate::driver::{Driver, driver};
use crate::export::export;
use crate::graph::Kind;
use crate::objects::Stream;

/// `CU_EVENT_WAIT_EXTERNAL`.
const EXTERNAL: u32 = 1;

/// A function of the program for the end of earlier work.
pub(super) type HostFunction = Option<unsafe extern "C" fn(*mut c_void)>;
/// The older form, with stream and result.
type Callback = Option<unsafe extern "C" fn(Handle, i32, *mut c_void)>;

/// The program's own data for its function: handed on and never looked at.
#[repr(transparent)]
#[derive(Clone, Copy)]
pub(crate) struct UserData(*mut c_void);

impl UserData {
    /// It as a number, which goes to another thread with the work it belongs to.
    pub(super) fn number(self) -> usize {
        self.0.expose_provenance()
    }
}

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
        let mut objects = driver.objects();
        objects.streams.remove(hStream)?;
        let unfinished = objects.captures.forget(Key::of(hStream));
        let ended = unfinished.map(|graph| objects.drop_graph(graph));
        drop(objects);
        ended.transpose()?.unwrap_or_default().tell();
        Ok(())
    }

    fn cuStreamSynchronize | cuStreamSynchronize_ptsz(hStream: Handle) {
        driver()?.idle_stream(hStream)
    }

    fn cuStreamQuery | cuStreamQuery_ptsz(hStream: Handle) {
        driver()?.idle_stream(hStream)
    }

    fn cuStreamWaitEvent | cuStreamWaitEvent_ptsz(hStream: Handle, hEvent: Handle, Flags: u32) {
        let driver = driver()?;
        driver.stream(hStream)?;
        if Flags > 1 {
            return Err(Code::INVALID_VALUE);
        }
        let mut objects = driver.objects();
        let was_recorded = objects.events.get(hEvent)?.recorded.is_some();
        // An external event is waited for when the graph runs, and by then it is over.
        if Flags == EXTERNAL {
            drop(objects);
            return driver.order(hStream, Kind::Empty, |_| Ok(()));
        }
        objects.captures.wait(hEvent, Key::of(hStream), was_recorded)
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

    /// All earlier work is done, so the function runs at once, in this thread.
    fn cuLaunchHostFunc | cuLaunchHostFunc_ptsz(
        hStream: Handle,
        function: HostFunction,
        userData: UserData,
    ) {
        driver()?.order(hStream, Kind::Host, call_host(function, userData)?)
    }

    /// All earlier work is done, so the function runs at once, in this thread. No graph can keep it.
    fn cuStreamAddCallback | cuStreamAddCallback_ptsz(
        hStream: Handle,
        callback: Callback,
        userData: UserData,
        flags: u32,
    ) {
        driver()?.idle_stream(hStream)?;
        let callback = callback.filter(|_| flags == 0).ok_or(Code::INVALID_VALUE)?;
        abi::host_range(callback as usize as u64, 1)?;
        // SAFETY: the C interface demands a function of this type; no lock of ours is held.
        unsafe { callback(hStream, 0, userData.0) };
        Ok(())
    }
}

/// The call of the program's function, for now or later.
pub(super) fn call_host(
    function: HostFunction,
    data: UserData,
) -> Result<impl Fn(&Driver) -> Result<(), Code> + Send + Sync + 'static, Code> {
    let function = function.ok_or(Code::INVALID_VALUE)?;
    abi::host_range(function as usize as u64, 1)?;
    let data = data.number();
    Ok(move |_: &Driver| {
        // SAFETY: the C interface demands a function of this type for this data; no lock of ours is held.
        unsafe { function(std::ptr::with_exposed_provenance_mut(data)) };
        Ok(())
    })
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
