//! What handles stand for: contexts, streams, events, modules and the rest. A handle is a number that is never looked
//! through; one that stands for nothing, or for another kind of thing, is an error and never a crash.

use std::collections::BTreeMap;
use std::ffi::CString;
use std::sync::Arc;
use std::time::Instant;

use vgputrace_device::Code;
use vgputrace_device::image::Kernel;

use crate::abi::Handle;
use crate::capture::Captures;
use crate::graph::{Exec, Graph, Kind, UserObject};

/// The first kind of handles of graphs and what belongs to them.
const GRAPHS: u64 = 32;

/// Things of one kind.
#[derive(Debug)]
pub(crate) struct Registry<T> {
    kind: u64,
    next: u64,
    things: BTreeMap<Handle, T>,
}

impl<T> Registry<T> {
    /// `kind` tells handles of one registry from those of another.
    pub(crate) const fn new(kind: u64) -> Self {
        Self {
            kind,
            next: 1,
            things: BTreeMap::new(),
        }
    }

    /// Takes a thing in. Handles are never used twice, and no address is like them (they are not canonical).
    pub(crate) fn insert(&mut self, thing: T) -> Handle {
        let handle = Handle(0x5647_0000_0000_0000 | (self.kind << 40) | (self.next << 4));
        self.next += 1;
        self.things.insert(handle, thing);
        handle
    }

    /// The thing of a handle.
    ///
    /// # Errors
    /// 400 when it stands for none.
    pub(crate) fn get(&self, handle: Handle) -> Result<&T, Code> {
        self.things.get(&handle).ok_or(Code::INVALID_HANDLE)
    }

    /// The thing of a handle.
    ///
    /// # Errors
    /// 400 when it stands for none.
    pub(crate) fn get_mut(&mut self, handle: Handle) -> Result<&mut T, Code> {
        self.things.get_mut(&handle).ok_or(Code::INVALID_HANDLE)
    }

    /// Takes a thing out.
    ///
    /// # Errors
    /// 400 when the handle stands for none.
    pub(crate) fn remove(&mut self, handle: Handle) -> Result<T, Code> {
        self.things.remove(&handle).ok_or(Code::INVALID_HANDLE)
    }

    /// Keeps those for which `stays` holds.
    pub(crate) fn retain(&mut self, stays: impl Fn(&T) -> bool) {
        self.things.retain(|_, thing| stays(thing));
    }
}

/// A context.
#[derive(Debug)]
pub(crate) struct Context {
    /// Index of its device among the visible ones.
    pub(crate) device: usize,
    /// `CUctx_flags`.
    pub(crate) flags: u32,
    /// The shared one of its device.
    pub(crate) is_primary: bool,
    /// A number that no other context has.
    pub(crate) id: u64,
    /// `CUlimit` values that were set.
    pub(crate) limits: BTreeMap<i32, u64>,
    /// `CUfunc_cache`.
    pub(crate) cache: i32,
}

/// A stream. Work is done when it is asked for, so there is nothing in it.
#[derive(Debug)]
pub(crate) struct Stream {
    /// Its context.
    pub(crate) context: Handle,
    /// `CUstream_flags`.
    pub(crate) flags: u32,
    /// Priority.
    pub(crate) priority: i32,
    /// A number that no other stream has.
    pub(crate) id: u64,
}

/// An event.
#[derive(Debug)]
pub(crate) struct Event {
    /// Its context.
    pub(crate) context: Handle,
    /// `CUevent_flags`.
    pub(crate) flags: u32,
    /// When it was recorded last.
    pub(crate) recorded: Option<Instant>,
}

/// A pool of memory.
#[derive(Debug)]
pub(crate) struct Pool {
    /// Index of its device.
    pub(crate) device: usize,
    /// The default one of its device, which cannot be destroyed.
    pub(crate) is_default: bool,
    /// Values of attributes that can be set.
    pub(crate) settings: BTreeMap<i32, u64>,
    /// Bytes in use.
    pub(crate) used: u64,
    /// The most there were.
    pub(crate) most: u64,
}

/// A module, or a library.
#[derive(Debug)]
pub(crate) struct Holder {
    /// The context of a module; a library has none.
    pub(crate) context: Option<Handle>,
    /// Its kernels.
    pub(crate) functions: Vec<Handle>,
}

/// A kernel of a module or a library.
#[derive(Debug)]
pub(crate) struct Function {
    /// The module or library.
    pub(crate) holder: Handle,
    /// What its image says.
    pub(crate) kernel: Arc<Kernel>,
    /// Its name for C.
    pub(crate) name: CString,
    /// Bytes of dynamic shared memory a launch may ask for, where that was set.
    pub(crate) dynamic_shared: Option<i32>,
    /// How much of the cache should be shared memory, in percent; -1 for no wish.
    pub(crate) carveout: i32,
}

/// The shared context of a device.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Primary {
    /// Its handle while it is in use.
    pub(crate) context: Option<Handle>,
    /// How often it was taken.
    pub(crate) taken: u32,
    /// Flags of the next one.
    pub(crate) flags: u32,
}

/// All of them.
#[derive(Debug)]
pub(crate) struct Objects {
    pub(crate) contexts: Registry<Context>,
    pub(crate) streams: Registry<Stream>,
    pub(crate) events: Registry<Event>,
    pub(crate) pools: Registry<Pool>,
    pub(crate) graphs: Registry<Graph>,
    pub(crate) execs: Registry<Exec>,
    /// For each node its graph.
    pub(crate) nodes: Registry<(Handle, Kind)>,
    pub(crate) user_objects: Registry<UserObject>,
    pub(crate) captures: Captures,
    pub(crate) holders: Registry<Holder>,
    pub(crate) functions: Registry<Function>,
    /// For each device.
    pub(crate) primaries: Vec<Primary>,
    /// For each device: its default pool, and the one it uses.
    pub(crate) device_pools: Vec<(Handle, Handle)>,
    /// The next number of a context or stream.
    pub(crate) next_id: u64,
}

impl Objects {
    /// For this many devices.
    pub(crate) fn new(devices: usize) -> Self {
        let mut pools = Registry::new(4);
        let device_pools = (0..devices)
            .map(|device| {
                let pool = pools.insert(Pool {
                    device,
                    is_default: true,
                    settings: BTreeMap::new(),
                    used: 0,
                    most: 0,
                });
                (pool, pool)
            })
            .collect();
        let unused = Primary {
            context: None,
            taken: 0,
            flags: 0,
        };
        Self {
            contexts: Registry::new(1),
            streams: Registry::new(2),
            events: Registry::new(3),
            pools,
            graphs: Registry::new(GRAPHS),
            execs: Registry::new(GRAPHS + 1),
            nodes: Registry::new(GRAPHS + 2),
            user_objects: Registry::new(GRAPHS + 3),
            captures: Captures::default(),
            holders: Registry::new(6),
            functions: Registry::new(7),
            primaries: vec![unused; devices],
            device_pools,
            next_id: 1,
        }
    }

    /// Takes out what was made in a context.
    pub(crate) fn drop_all_of(&mut self, context: Handle) {
        self.streams.retain(|stream| stream.context != context);
        self.events.retain(|event| event.context != context);
        self.holders
            .retain(|holder| holder.context != Some(context));
        let Self {
            holders, functions, ..
        } = self;
        functions.retain(|function| holders.get(function.holder).is_ok());
    }

    /// Takes a module or a library out with its kernels.
    ///
    /// # Errors
    /// 400 when the handle stands for none.
    pub(crate) fn drop_holder(&mut self, handle: Handle) -> Result<(), Code> {
        for function in self.holders.remove(handle)?.functions {
            self.functions.remove(function)?;
        }
        Ok(())
    }

    /// A number that nothing else has.
    pub(crate) const fn number(&mut self) -> u64 {
        let id = self.next_id;
        self.next_id += 1;
        id
    }
}
