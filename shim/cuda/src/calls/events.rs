//! Events, with real times: work is done when it is asked for, so an event's time is that of its record.

use std::time::Instant;

use vgputrace_device::Code;

use crate::abi::{Handle, Out};
use crate::driver::{Driver, driver};
use crate::export::export;
use crate::objects::Event;

/// Blocking wait, no times, for other processes.
const FLAGS: u32 = 7;
const DISABLE_TIMING: u32 = 2;
const INTERPROCESS: u32 = 4;

export! {
    /// Other processes cannot be told of an event.
    fn cuEventCreate(phEvent: Out<Handle>, Flags: u32) {
        let driver = driver()?;
        let current = driver.current()?;
        phEvent.check()?;
        if Flags & !FLAGS != 0 {
            return Err(Code::INVALID_VALUE);
        }
        if Flags & INTERPROCESS != 0 {
            return Err(Code::NOT_SUPPORTED);
        }
        let event = Event { context: current.context, flags: Flags, recorded: None };
        let made = driver.objects().events.insert(event);
        phEvent.set(made)
    }

    fn cuEventDestroy | cuEventDestroy_v2(hEvent: Handle) {
        driver()?.objects().events.remove(hEvent).map(|_| ())
    }

    fn cuEventRecord | cuEventRecord_ptsz(hEvent: Handle, hStream: Handle) {
        record(driver()?, hEvent, hStream)
    }

    fn cuEventRecordWithFlags | cuEventRecordWithFlags_ptsz(
        hEvent: Handle,
        hStream: Handle,
        flags: u32,
    ) {
        let driver = driver()?;
        if flags > 1 {
            return Err(Code::INVALID_VALUE);
        }
        record(driver, hEvent, hStream)
    }

    /// One that was never recorded counts as over.
    fn cuEventQuery(hEvent: Handle) {
        driver()?.objects().events.get(hEvent).map(|_| ())
    }

    fn cuEventSynchronize(hEvent: Handle) {
        driver()?.objects().events.get(hEvent).map(|_| ())
    }

    fn cuEventElapsedTime | cuEventElapsedTime_v2(
        pMilliseconds: Out<f32>,
        hStart: Handle,
        hEnd: Handle,
    ) {
        let driver = driver()?;
        pMilliseconds.check()?;
        let (start, end) = (time(driver, hStart)?, time(driver, hEnd)?);
        let forward = end.saturating_duration_since(start).as_secs_f32();
        let backward = start.saturating_duration_since(end).as_secs_f32();
        pMilliseconds.set((forward - backward) * 1000.0)
    }
}

fn record(driver: &Driver, event: Handle, stream: Handle) -> Result<(), Code> {
    let current = driver.stream(stream)?;
    let mut objects = driver.objects();
    let event = objects.events.get_mut(event)?;
    if event.context != current.context {
        return Err(Code::INVALID_HANDLE);
    }
    event.recorded = Some(Instant::now());
    Ok(())
}

fn time(driver: &Driver, event: Handle) -> Result<Instant, Code> {
    let objects = driver.objects();
    let event = objects.events.get(event)?;
    if event.flags & DISABLE_TIMING != 0 {
        return Err(Code::INVALID_HANDLE);
    }
    event.recorded.ok_or(Code::INVALID_HANDLE)
}
