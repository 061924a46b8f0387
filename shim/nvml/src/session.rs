//! From nvmlInit to nvmlShutdown: the configuration, how often the library was started, and handles.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Instant;

use vgputrace_abi::note;
use vgputrace_device::device::Part;
use vgputrace_device::fault::Faults;
use vgputrace_device::{Code, Device, Machine};

use crate::abi::{DRIVER_NOT_LOADED, GPU_IS_LOST, Handle, INVALID_ARGUMENT, UNINITIALIZED};
use crate::table::ROWS;

struct Loaded {
    machine: Result<Machine, String>,
    faults: Faults,
}

static LOADED: OnceLock<Loaded> = OnceLock::new();
static STARTED: OnceLock<Instant> = OnceLock::new();
static USERS: AtomicU32 = AtomicU32::new(0);

/// What every handle has in its upper half; no address is like that.
const MARK: u64 = 0x564e_0000;
/// The most parts of a device that a handle can name.
const PARTS: u64 = 256;

fn loaded() -> &'static Loaded {
    LOADED.get_or_init(|| match Machine::load(&|name| std::env::var_os(name)) {
        Ok(mut machine) => {
            let rules = std::mem::take(&mut machine.faults);
            Loaded {
                machine: Ok(machine),
                faults: Faults::new(rules, ROWS.into_iter()),
            }
        }
        Err(error) => Loaded {
            machine: Err(error.to_string()),
            faults: Faults::default(),
        },
    })
}

/// The rules of failure.
pub(crate) fn faults() -> &'static Faults {
    &loaded().faults
}

/// One user more.
///
/// # Errors
/// 9 when the configuration cannot be used; the reason goes to the log.
pub(crate) fn start() -> Result<(), Code> {
    if let Err(reason) = &loaded().machine {
        note::write("configuration", reason);
        return Err(DRIVER_NOT_LOADED);
    }
    STARTED.get_or_init(Instant::now);
    USERS.fetch_add(1, Ordering::Relaxed);
    Ok(())
}

/// One user less.
///
/// # Errors
/// 1 when there is none.
pub(crate) fn stop() -> Result<(), Code> {
    let less = |users: u32| users.checked_sub(1);
    USERS
        .fetch_update(Ordering::Relaxed, Ordering::Relaxed, less)
        .map(|_| ())
        .map_err(|_| UNINITIALIZED)
}

/// The configuration, whether or not the library was started: versions are told at any time.
///
/// # Errors
/// 9 when it cannot be used.
pub(crate) fn machine_unstarted() -> Result<&'static Machine, Code> {
    loaded().machine.as_ref().map_err(|_| DRIVER_NOT_LOADED)
}

/// The configuration.
///
/// # Errors
/// 1 before the start and after the end.
pub(crate) fn machine() -> Result<&'static Machine, Code> {
    if USERS.load(Ordering::Relaxed) == 0 {
        return Err(UNINITIALIZED);
    }
    machine_unstarted()
}

/// What a handle names: a device, or a part of it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Named {
    /// Index of the device.
    pub(crate) index: u32,
    /// The device.
    pub(crate) device: &'static Device,
    /// The part, with its number from 1.
    pub(crate) part: Option<(u32, &'static Part)>,
}

/// The handle of a device, or with `part` above 0 of a part of it.
pub(crate) const fn handle(index: usize, part: usize) -> Handle {
    Handle((MARK << 32) | (((index as u64 + 1) * PARTS + part as u64) << 4))
}

/// What a handle names.
///
/// # Errors
/// 1 before the start, 2 for what is no handle, 15 once the device is lost.
pub(crate) fn named(handle: Handle) -> Result<Named, Code> {
    let machine = machine()?;
    let number = (handle.0 & 0xffff_ffff) >> 4;
    if handle.0 >> 32 != MARK || !handle.0.is_multiple_of(16) {
        return Err(INVALID_ARGUMENT);
    }
    let index = (number / PARTS).checked_sub(1).ok_or(INVALID_ARGUMENT)?;
    let index = u32::try_from(index).map_err(|_| INVALID_ARGUMENT)?;
    let device = machine
        .devices
        .get(index as usize)
        .ok_or(INVALID_ARGUMENT)?;
    let part = u32::try_from(number % PARTS).unwrap_or_default();
    let part = match part.checked_sub(1) {
        None => None,
        Some(at) => Some((part, device.parts.get(at as usize).ok_or(INVALID_ARGUMENT)?)),
    };
    if let (Some(lost), Some(started)) = (machine.lost, STARTED.get())
        && started.elapsed() >= lost.after
    {
        return Err(GPU_IS_LOST);
    }
    Ok(Named {
        index,
        device,
        part,
    })
}
