//! Calls whose return has to know of their entry.
//!
//! A thread's newest call stands in a slot of its own that stays in the table: keeping and taking are a look-up each, where adding to
//! a table and removing from it cost a third of the whole call. Only a call that is entered while another is open moves that one to the
//! table of the others, by its stack pointer; nothing is assumed about stacks, so a call that was left by longjmp or that runs on
//! another stack disturbs none.

use crate::maps::{NEWEST, OTHERS_OPEN, OpenCall};
use crate::scope::Task;

/// The slot is free.
const FREE: u32 = u32::MAX;

/// Keeps a call until it comes back. False when there is no room.
#[inline(always)]
pub(crate) fn keep(who: Task, open: &OpenCall) -> bool {
    let Some(slot) = NEWEST.get_ptr_mut(&who.pid_tgid) else {
        return NEWEST.insert(&who.pid_tgid, open, 0).is_ok()
            || OTHERS_OPEN
                .insert(&[who.pid_tgid, open.sp], open, 0)
                .is_ok();
    };
    let mut room = true;
    // SAFETY: a map value that only this thread's programs use, one at a time; entries go when their thread ends.
    unsafe {
        if (*slot).function != FREE {
            let key = [who.pid_tgid, (*slot).sp];
            room = OTHERS_OPEN.insert(&key, &*slot, 0).is_ok();
        }
        *slot = *open;
    }
    room
}

/// The call of this function that was entered at this stack pointer, which is then no longer open.
#[inline(always)]
pub(crate) fn take(who: Task, function: u32, sp: u64) -> Option<OpenCall> {
    if let Some(slot) = NEWEST.get_ptr_mut(&who.pid_tgid) {
        // SAFETY: as above.
        unsafe {
            if (*slot).sp == sp && (*slot).function == function {
                let open = *slot;
                (*slot).function = FREE;
                return Some(open);
            }
        }
    }
    let key = [who.pid_tgid, sp];
    // SAFETY: the value is copied at once.
    let open = unsafe { OTHERS_OPEN.get(&key) }.copied()?;
    if open.function != function {
        return None;
    }
    let _ = OTHERS_OPEN.remove(&key);
    Some(open)
}

/// The thread ends.
#[inline(always)]
pub(crate) fn forget(who: Task) {
    let _ = NEWEST.remove(&who.pid_tgid);
}
