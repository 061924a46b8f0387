//! What stands around every exported function: faults, panics, the note of what was refused.

use std::ffi::c_int;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::thread;
use std::time::Duration;

use vgputrace_device::Code;
use vgputrace_device::fault::{Decision, Effect};

use crate::{abi, process, table};

/// Exported functions that do their work: `fn cuA | cuB (argument: Type) { ... }` gives `cuA` and `cuB`. The body is
/// an expression of type `Result<(), Code>`.
macro_rules! export {
    ($(
        $(#[$doc:meta])*
        fn $($name:ident)|+ ($($parameters:tt)*) $body:block
    )*) => {
        $(export!(@function [$($name)+] ($($parameters)*) $body);)*
    };
    (@function [$($name:ident)+] $parameters:tt $body:block) => {
        $(export!(@symbol $name $parameters $body);)+
    };
    (@symbol $name:ident ($($argument:ident: $type:ty),* $(,)?) $body:block) => {
        // SAFETY: the name is one of the driver's, and nothing else in this library has it.
        #[unsafe(no_mangle)]
        #[allow(
            non_snake_case,
            clippy::too_many_arguments,
            reason = "parameters are named as in the driver's header, and are as many"
        )]
        pub(crate) extern "C" fn $name($($argument: $type),*) -> std::ffi::c_int {
            crate::export::call(crate::table::index::$name, || $body)
        }
    };
}

/// Exported functions that are not supported. Arguments stay where the caller put them.
macro_rules! refused {
    ($($name:ident)*) => {
        $(
            // SAFETY: the name is one of the driver's, and nothing else in this library has it. The caller of a C
            // function cleans up its arguments (System V ABI for x86-64), so none need be declared.
            #[unsafe(no_mangle)]
            pub(crate) extern "C" fn $name() -> std::ffi::c_int {
                crate::export::refuse(crate::table::index::$name)
            }
        )*
    };
}

pub(crate) use {export, refused};

/// Does the work of a call, unless a fault is about it.
pub(crate) fn call(index: usize, work: impl FnOnce() -> Result<(), Code>) -> c_int {
    let guarded = AssertUnwindSafe(|| {
        let faults = process::faults();
        if faults.is_empty() {
            return work();
        }
        faulty(index, faults.decide(index), work)
    });
    // A panic would be a bug of this library; it must not cross into C.
    match catch_unwind(guarded) {
        Ok(Ok(())) => 0,
        Ok(Err(code)) => code.0,
        Err(_) => Code::UNKNOWN.0,
    }
}

/// The answer of what is not supported.
pub(crate) fn refuse(index: usize) -> c_int {
    call(index, || {
        process::note(name(index), "not supported");
        Err(Code::NOT_SUPPORTED)
    })
}

fn name(index: usize) -> &'static str {
    table::ROWS.get(index).map_or("?", |row| row.name)
}

fn faulty(
    index: usize,
    decision: Decision,
    work: impl FnOnce() -> Result<(), Code>,
) -> Result<(), Code> {
    if decision == Decision::NONE {
        return work();
    }
    process::note(name(index), "a fault of the configuration");
    if !decision.delay.is_zero() {
        thread::sleep(decision.delay);
    }
    match decision.effect {
        Effect::Work => work(),
        Effect::Code(0) => Ok(()),
        Effect::Code(code) => Err(Code(code)),
        Effect::Value(value) => {
            abi::set_wrong(Some(value));
            let result = work();
            abi::set_wrong(None);
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
