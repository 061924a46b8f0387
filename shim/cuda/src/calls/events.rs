//! Events, with real times: work is done when it is asked for, so an event's time is that of its record.

use std::time::Instant;

use vgputrace_device::Code;

use crate::abi::{Handle, Out};
use crate::capture::Key;
use crate::driver::{Driver, driver};
use crate::export::export;
use crate::graph::Kind;
use crate::objects::Event;

/// Blocking wait, no times, for other processes.
const FLAGS: u32 = 7;
const DISABLE_TIMING: u32 = 2;
const INTERPROCESS: u32 = 4;
/// `CU_EVENT_RECORD_EXTERNAL`.
const EXTERNAL: u32 = 1;

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
        let driver = driver()?;
        let mut objects = driver.objects();
        objects.captures.forget_event(hEvent);
        objects.events.remove(hEvent).map(|_| ())
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
        if flags == EXTERNAL {
            return driver.order(hStream, Kind::EventRecord, move |driver| {
                driver.objects().events.get_mut(hEvent)?.recorded = Some(Instant::now());
                Ok(())
            });
        }
        record(driver, hEvent, hStream)
    }

    /// One that was never recorded counts as over.
    fn cuEventQuery(hEvent: Handle) {
        over(driver()?, hEvent)
    }

    fn cuEventSynchronize(hEvent: Handle) {
        over(driver()?, hEvent)
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

fn record(driver: &Driver, handle: Handle, stream: Handle) -> Result<(), Code> {
    let current = driver.stream(stream)?;
    let mut objects = driver.objects();
    if objects.events.get(handle)?.context != current.context {
        return Err(Code::INVALID_HANDLE);
    }
    let now = Instant::now();
    if !objects.captures.record(handle, Key::of(stream)) {
        objects.events.get_mut(handle)?.recorded = Some(now);
    }
    Ok(())
}

/// All work is done when it is asked for; but one of a capture has nothing to wait for.
fn over(driver: &Driver, event: Handle) -> Result<(), Code> {
    let objects = driver.objects();
    objects.events.get(event)?;
    objects.captures.must_not_be_captured(event)
}

fn time(driver: &Driver, event: Handle) -> Result<Instant, Code> {
    let objects = driver.objects();
    let event = objects.events.get(event)?;
    if event.flags & DISABLE_TIMING != 0 {
        return Err(Code::INVALID_HANDLE);
    }
    event.recorded.ok_or(Code::INVALID_HANDLE)
}
