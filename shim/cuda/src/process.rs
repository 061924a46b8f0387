//! The process: its configuration, the start of the driver, and whether it is still the one that started it.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Instant;

use vgputrace_abi::note;
use vgputrace_device::config::Lost;
use vgputrace_device::fault::Faults;
use vgputrace_device::{Code, Machine};

use crate::driver::Driver;
use crate::{local, table};

struct Loaded {
    machine: Result<Machine, String>,
    faults: Faults,
}

struct Started {
    driver: Driver,
    lost: Option<Lost>,
    when: Instant,
    /// A word that a fork wipes in the child.
    alive: &'static AtomicU32,
}

static LOADED: OnceLock<Loaded> = OnceLock::new();
static STARTED: OnceLock<Started> = OnceLock::new();

fn loaded() -> &'static Loaded {
    LOADED.get_or_init(|| {
        let environment = |name: &str| std::env::var_os(name);
        match Machine::load(&environment) {
            Ok(mut machine) => {
                let rules = std::mem::take(&mut machine.faults);
                let names = table::ROWS.iter().map(|row| (row.name, row.base));
                Loaded {
                    machine: Ok(machine),
                    faults: Faults::new(rules, names),
                }
            }
            Err(error) => Loaded {
                machine: Err(error.to_string()),
                faults: Faults::default(),
            },
        }
    })
}

/// The rules of failure.
pub(crate) fn faults() -> &'static Faults {
    &loaded().faults
}

/// The configuration.
///
/// # Errors
/// 802 where it cannot be used; the reason goes to the log.
pub(crate) fn machine() -> Result<&'static Machine, Code> {
    loaded().machine.as_ref().map_err(|reason| {
        note::write("configuration", reason);
        Code::SYSTEM_NOT_READY
    })
}

/// cuInit. A second call finds all done.
///
/// # Errors
/// 100 without a visible device, 3 in the child of a process that had started, 802 without a usable configuration.
pub(crate) fn start() -> Result<(), Code> {
    let machine = machine()?;
    if STARTED.get().is_some() {
        return driver().map(|_| ());
    }
    let driver = Driver::new(machine, &|name| std::env::var_os(name))?;
    let alive = local::word_wiped_by_fork().ok_or(Code::OPERATING_SYSTEM)?;
    alive.store(1, Ordering::Relaxed);
    // Of two threads that start at the same time one wins, and both find the same driver.
    let _ = STARTED.set(Started {
        driver,
        lost: machine.lost,
        when: Instant::now(),
        alive,
    });
    Ok(())
}

/// The driver's state.
///
/// # Errors
/// 3 before cuInit and after a fork; the configured code once the device is lost.
pub(crate) fn driver() -> Result<&'static Driver, Code> {
    let started = STARTED.get().ok_or(Code::NOT_INITIALIZED)?;
    if started.alive.load(Ordering::Relaxed) == 0 {
        return Err(Code::NOT_INITIALIZED);
    }
    match started.lost {
        Some(lost) if started.when.elapsed() >= lost.after => Err(lost.code),
        _ => Ok(&started.driver),
    }
}
