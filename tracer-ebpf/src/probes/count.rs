//! Calls that come by the thousand: told up to a number, then counted here.

use core::intrinsics::{AtomicOrdering, atomic_xadd};

use vgputrace_ebpf::wire::function::{DESC_FAILS_NONZERO, TOLD};
use vgputrace_ebpf::wire::{Count, CountKey, FnDesc};

use crate::kernel::now;
use crate::maps::{COUNTS, OpenCall};
use crate::probes::argument::argument;
use crate::scope::Task;

/// The count of a function whose calls in this process are no longer told one by one; `None` while they are.
#[inline(always)]
pub(crate) fn beyond_told(who: Task, function: u32) -> Option<*mut Count> {
    let key = CountKey {
        tgid: who.tgid(),
        function,
    };
    let Some(count) = COUNTS.get_ptr_mut(&key) else {
        let first = Count {
            seen: 1,
            calls: 0,
            returned: 0,
            nanos: 0,
            bytes: 0,
            failed: 0,
            code: 0,
        };
        // Another thread may have been quicker; then both calls are told.
        let _ = COUNTS.insert(&key, &first, NO_EXIST);
        return None;
    };
    // SAFETY: a map value.
    let seen = unsafe {
        add(&raw mut (*count).seen, 1);
        core::ptr::read_volatile(&raw const (*count).seen)
    };
    (seen > TOLD).then_some(count)
}

/// A call is counted and leaves no record.
#[inline(always)]
pub(crate) fn add_call(count: *mut Count, desc: &FnDesc, args: &[u64; 6]) {
    // SAFETY: a map value.
    unsafe {
        add(&raw mut (*count).calls, 1);
        let bytes = argument(args, desc.bytes);
        if bytes != 0 {
            add(&raw mut (*count).bytes, bytes);
        }
    }
}

/// A counted call came back.
#[inline(always)]
pub(crate) fn returned(who: Task, desc: &FnDesc, open: &OpenCall, result: u64) {
    let key = CountKey {
        tgid: who.tgid(),
        function: open.function,
    };
    let Some(count) = COUNTS.get_ptr_mut(&key) else {
        return;
    };
    // SAFETY: a map value.
    unsafe {
        add(&raw mut (*count).returned, 1);
        add(&raw mut (*count).nanos, now().wrapping_sub(open.start));
        if desc.flags & DESC_FAILS_NONZERO != 0 && result & 0xffff_ffff != 0 {
            add(&raw mut (*count).failed, 1);
            core::ptr::write_volatile(&raw mut (*count).code, result & 0xffff_ffff);
        }
    }
}

/// `BPF_NOEXIST`.
const NO_EXIST: u64 = 1;

/// Adds in one step, so that threads lose nothing.
///
/// # Safety
/// `to` is a number of a map value.
#[inline(always)]
unsafe fn add(to: *mut u64, number: u64) {
    // SAFETY: aligned by its structure, and valid by the caller's word.
    // The result is not used: then it is an instruction of the oldest BPF set.
    unsafe { atomic_xadd::<u64, u64, { AtomicOrdering::Relaxed }>(to, number) };
}
