//! What stands around every exported function: faults and panics.

use std::ffi::c_int;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::thread;
use std::time::Duration;

use vgputrace_device::Code;
use vgputrace_device::fault::{Decision, Effect, Faults};

use crate::{note, pointer};

/// Does the work of a call, unless a fault is about it. `name` is asked for the log only.
pub fn call(
    faults: impl FnOnce() -> &'static Faults,
    (index, name): (usize, fn(usize) -> &'static str),
    work: impl FnOnce() -> Result<(), Code>,
) -> c_int {
    let guarded = AssertUnwindSafe(|| {
        let faults = faults();
        if faults.is_empty() {
            return work();
        }
        let decision = faults.decide(index);
        if decision == Decision::NONE {
            return work();
        }
        note::write(name(index), "a fault of the configuration");
        faulty(decision, work)
    });
    // A panic would be a bug of the library; it must not cross into C.
    match catch_unwind(guarded) {
        Ok(Ok(())) => 0,
        Ok(Err(code)) => code.0,
        Err(_) => Code::UNKNOWN.0,
    }
}

fn faulty(decision: Decision, work: impl FnOnce() -> Result<(), Code>) -> Result<(), Code> {
    if !decision.delay.is_zero() {
        thread::sleep(decision.delay);
    }
    match decision.effect {
        Effect::Work => work(),
        Effect::Code(0) => Ok(()),
        Effect::Code(code) => Err(Code(code)),
        Effect::Value(value) => {
            pointer::set_wrong(Some(value));
            let result = work();
            pointer::set_wrong(None);
            result
        }
        Effect::Crash => crash(),
        Effect::Abort => std::process::abort(),
        Effect::Hang => loop {
            thread::sleep(Duration::from_secs(3600));
        },
    }
}

/// Dies as a program does that follows a wild pointer.
fn crash() -> Result<(), Code> {
    let nowhere = std::ptr::without_provenance::<u8>(8);
    // SAFETY: none; the configuration asked for exactly this crash. A volatile read is carried out as written, and the
    // first page is never mapped.
    let byte = unsafe { nowhere.read_volatile() };
    Err(Code(i32::from(byte)))
}
