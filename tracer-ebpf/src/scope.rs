//! Which tasks are traced: those in the map, and their children from the first instruction.

use aya_ebpf::helpers::bpf_get_current_pid_tgid;
use vgputrace_ebpf::wire::{Head, Kind};

use crate::kernel;
use crate::maps::TRACED;

/// The current thread.
#[derive(Clone, Copy)]
pub(crate) struct Task {
    /// Both ids as the kernel packs them; key of per-thread maps.
    pub(crate) pid_tgid: u64,
}

impl Task {
    /// The current thread, traced or not.
    #[inline(always)]
    pub(crate) fn current() -> Self {
        Self {
            pid_tgid: bpf_get_current_pid_tgid(),
        }
    }

    /// The current thread, if its process is traced.
    #[inline(always)]
    pub(crate) fn traced() -> Option<Self> {
        let task = Self::current();
        is_traced(task.tgid()).then_some(task)
    }

    /// Process id.
    #[inline(always)]
    pub(crate) fn tgid(self) -> u32 {
        (self.pid_tgid >> 32) as u32
    }

    /// Thread id.
    #[inline(always)]
    pub(crate) fn tid(self) -> u32 {
        self.pid_tgid as u32
    }

    /// A record's head, now.
    #[inline(always)]
    pub(crate) fn head(self, kind: Kind) -> Head {
        Head {
            kind: kind as u16,
            flags: 0,
            tgid: self.tgid(),
            tid: self.tid(),
            zero: 0,
            time: kernel::now(),
        }
    }
}

/// Whether a process is traced.
#[inline(always)]
pub(crate) fn is_traced(tgid: u32) -> bool {
    TRACED.get_ptr(&tgid).is_some()
}
