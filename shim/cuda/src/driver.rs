//! The driver's state after cuInit: the visible devices, what handles stand for, memory; and each thread's contexts.
//!
//! Locks: objects before memory, never the other way round; neither is held while the program's own functions run.

use std::cell::RefCell;
use std::sync::{Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use vgputrace_device::config::Environment;
use vgputrace_device::quota::Quota;
use vgputrace_device::visible::{Order, visible};
use vgputrace_device::{Code, Device, Machine};

use crate::abi::Handle;
use crate::local::Local;
use crate::memory::Memory;
use crate::objects::{Context, Objects};
use crate::process;

/// What a program got with cuInit.
#[derive(Debug)]
pub(crate) struct Driver {
    /// What it may use, in its order.
    pub(crate) devices: Vec<Device>,
    /// Who does the work.
    pub(crate) side: Local,
    objects: Mutex<Objects>,
    memory: RwLock<Memory>,
}

/// The context a thread works in.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Current {
    /// Its handle.
    pub(crate) context: Handle,
    /// Index of its device.
    pub(crate) device: usize,
}

/// A context that was destroyed while it was a thread's.
const CONTEXT_IS_DESTROYED: Code = Code(709);

thread_local! {
    /// The thread's contexts, the current one last.
    static CONTEXTS: RefCell<Vec<Handle>> = const { RefCell::new(Vec::new()) };
}

impl Driver {
    /// With what `CUDA_VISIBLE_DEVICES` leaves.
    ///
    /// # Errors
    /// 100 when that is nothing.
    pub(crate) fn new(machine: &Machine, environment: Environment<'_>) -> Result<Self, Code> {
        let text = |name: &str| environment(name).map(|value| value.to_string_lossy().into_owned());
        let order = Order::parse(text("CUDA_DEVICE_ORDER").as_deref());
        let wanted = text("CUDA_VISIBLE_DEVICES");
        let devices: Vec<Device> = visible(&machine.devices, order, wanted.as_deref())
            .into_iter()
            .filter_map(|one| {
                let device = machine.devices.get(one.device)?;
                match one.part {
                    Some(part) => device.part(part),
                    None => Some(device.clone()),
                }
            })
            .collect();
        if devices.is_empty() {
            return Err(Code::NO_DEVICE);
        }
        let quotas = devices
            .iter()
            .map(|device| Quota::new(device.memory, device.occupied))
            .collect();
        Ok(Self {
            objects: Mutex::new(Objects::new(devices.len())),
            memory: RwLock::new(Memory::new(quotas)),
            side: Local {
                launches: machine.launches,
            },
            devices,
        })
    }

    /// What handles stand for. A thread that panicked under the lock left it as good as it was: no call does that.
    pub(crate) fn objects(&self) -> MutexGuard<'_, Objects> {
        self.objects.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Memory, to look.
    pub(crate) fn memory(&self) -> RwLockReadGuard<'_, Memory> {
        self.memory.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Memory, to change.
    pub(crate) fn memory_mut(&self) -> RwLockWriteGuard<'_, Memory> {
        self.memory.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// A device by its number.
    ///
    /// # Errors
    /// 101 when there is none.
    pub(crate) fn device(&self, number: i32) -> Result<(usize, &Device), Code> {
        let index = usize::try_from(number).map_err(|_| Code::INVALID_DEVICE)?;
        let device = self.devices.get(index).ok_or(Code::INVALID_DEVICE)?;
        Ok((index, device))
    }

    /// The thread's context.
    ///
    /// # Errors
    /// 201 without one, 709 when it was destroyed.
    pub(crate) fn current(&self) -> Result<Current, Code> {
        let context = top();
        if context == Handle::NONE {
            return Err(Code::INVALID_CONTEXT);
        }
        let objects = self.objects();
        let found = objects.contexts.get(context);
        let device = found.map_err(|_| CONTEXT_IS_DESTROYED)?.device;
        Ok(Current { context, device })
    }

    /// A context by its handle, NULL for the thread's.
    ///
    /// # Errors
    /// 201 when there is none.
    pub(crate) fn context<T>(
        &self,
        handle: Handle,
        look: impl FnOnce(&mut Context) -> T,
    ) -> Result<T, Code> {
        let handle = match handle {
            Handle::NONE => self.current()?.context,
            handle => handle,
        };
        let mut objects = self.objects();
        let found = objects.contexts.get_mut(handle);
        found.map(look).map_err(|_| Code::INVALID_CONTEXT)
    }

    /// Refuses a stream that is none: 0, 1 and 2 are the default ones of the thread's context.
    ///
    /// # Errors
    /// 201 without a context, 400 for a handle that is no stream.
    pub(crate) fn stream(&self, stream: Handle) -> Result<Current, Code> {
        if stream.0 <= 2 {
            return self.current();
        }
        let objects = self.objects();
        let context = objects.streams.get(stream)?.context;
        let device = objects.contexts.get(context)?.device;
        Ok(Current { context, device })
    }

    /// Takes a context out with all that was made in it.
    pub(crate) fn destroy_context(&self, handle: Handle) -> Result<(), Code> {
        let mut objects = self.objects();
        let gone = objects.contexts.remove(handle);
        gone.map_err(|_| Code::INVALID_CONTEXT)?;
        objects.drop_all_of(handle);
        self.memory_mut().free_all_of(&self.side, handle);
        Ok(())
    }
}

/// The driver, for a call that needs cuInit.
///
/// # Errors
/// As [`process::driver`].
pub(crate) fn driver() -> Result<&'static Driver, Code> {
    process::driver()
}

/// The thread's context, NULL for none.
pub(crate) fn top() -> Handle {
    CONTEXTS.with_borrow(|contexts| contexts.last().copied().unwrap_or(Handle::NONE))
}

/// Makes a context the thread's, instead of the one it has; NULL takes that one away.
pub(crate) fn replace(handle: Handle) {
    CONTEXTS.with_borrow_mut(|contexts| {
        contexts.pop();
        if handle != Handle::NONE {
            contexts.push(handle);
        }
    });
}

/// Puts a context above the one the thread has.
pub(crate) fn push(handle: Handle) {
    CONTEXTS.with_borrow_mut(|contexts| contexts.push(handle));
}

/// Goes back to the context before.
pub(crate) fn pop() -> Option<Handle> {
    CONTEXTS.with_borrow_mut(Vec::pop)
}
