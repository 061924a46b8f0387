//! Records into the ring, and the count of those that did not fit.

use aya_ebpf::helpers::generated;
use vgputrace_ebpf::wire::head::lost;

use crate::maps::{LOST, RECORDS, SCRATCH, SCRATCH_BYTES, Scratch, wake_bytes};

/// BPF_RB_NO_WAKEUP and BPF_RB_FORCE_WAKEUP.
const SLEEP: u64 = 1;
const WAKE: u64 = 2;

/// A wake-up is asked for while the fill is at most this far above a multiple of the limit, in bytes: more than the
/// largest record, so that none steps over it.
const WINDOW: u64 = 8 << 10;

/// From this many times the limit on, each record wakes: that slows whoever fills the ring faster than it can be read,
/// and a record that comes late is better than one that is lost.
const PRESSURE: u64 = 4;

/// Wakes user space only when much is waiting, and then once for each such amount: a wake-up is an interrupt that the
/// CPU sends to itself, which costs more than the record, and most of all in a virtual machine. The reader looks by
/// itself every few milliseconds, so a wake-up that comes too early is no loss.
#[inline(always)]
pub(crate) fn wakeup() -> u64 {
    let waiting = RECORDS.query(0);
    let limit = wake_bytes();
    let due = waiting >= limit && waiting & (limit - 1) < WINDOW;
    if due || waiting >= limit * PRESSURE {
        WAKE
    } else {
        SLEEP
    }
}

/// Counts a record that did not get through.
#[inline(always)]
pub(crate) fn lose(cause: u32) {
    if let Some(counter) = LOST.get_ptr_mut(cause) {
        // SAFETY: a per-CPU value; a lost update under preemption costs one count, never memory.
        unsafe { *counter += 1 }
    }
}

/// Puts `length` bytes at `record` into the ring.
///
/// # Safety
/// `record` points to that many bytes that the verifier knows.
#[inline(always)]
pub(crate) unsafe fn bytes(record: *const u8, length: u64) {
    // SAFETY: the map is a ring buffer; the record is the caller's word.
    let code = unsafe {
        generated::bpf_ringbuf_output(
            (&raw const RECORDS).cast_mut().cast(),
            record.cast_mut().cast(),
            length,
            wakeup(),
        )
    };
    if code < 0 {
        lose(lost::RING);
    }
}

/// A fixed record.
#[inline(always)]
pub(crate) fn record<T>(record: &T) {
    // SAFETY: the whole of a value without padding.
    unsafe { bytes(core::ptr::from_ref(record).cast(), size_of::<T>() as u64) }
}

/// A scratch buffer of this CPU that nobody uses.
pub(crate) struct Lease {
    scratch: *mut Scratch,
}

impl Lease {
    /// Takes buffer `index`. Give it back with [`Self::end`].
    #[inline(always)]
    pub(crate) fn take(index: u32) -> Option<Self> {
        let scratch = SCRATCH.get_ptr_mut(index)?;
        // SAFETY: a map value of this CPU.
        unsafe {
            if (*scratch).busy != 0 {
                lose(lost::SCRATCH);
                return None;
            }
            (*scratch).busy = 1;
        }
        Some(Self { scratch })
    }

    /// The buffer that an enclosing function holds: for the body of a loop, which is a function of its own.
    #[inline(always)]
    pub(crate) fn held(index: u32) -> Option<Self> {
        Some(Self {
            scratch: SCRATCH.get_ptr_mut(index)?,
        })
    }

    /// See [`Scratch::used`].
    #[inline(always)]
    pub(crate) fn used(&self) -> u64 {
        // SAFETY: as in `take`.
        unsafe { core::ptr::read_volatile(&raw const (*self.scratch).used) }
    }

    /// See [`Scratch::used`].
    #[inline(always)]
    pub(crate) fn set_used(&self, used: u64) {
        // SAFETY: as in `take`.
        unsafe { core::ptr::write_volatile(&raw mut (*self.scratch).used, used) }
    }

    /// Gives the buffer back.
    #[inline(always)]
    pub(crate) fn end(self) {
        // SAFETY: as in `take`.
        unsafe { (*self.scratch).busy = 0 }
    }

    /// Address of byte `at`, which the caller has bounded.
    #[inline(always)]
    pub(crate) fn at(&self, at: usize) -> *mut u8 {
        // SAFETY: arithmetic inside the map value; the verifier checks the bound.
        unsafe { (&raw mut (*self.scratch).bytes).cast::<u8>().add(at) }
    }

    /// Writes a value at a constant place.
    #[inline(always)]
    pub(crate) fn put<T>(&self, at: usize, value: T) {
        // SAFETY: as in `at`; records have no padding and alignment 8 at multiples of 8.
        unsafe { core::ptr::write_unaligned(self.at(at).cast::<T>(), value) }
    }

    /// Sends the first `length` bytes.
    #[inline(always)]
    pub(crate) fn send(&self, length: usize) {
        let length = bounded(length, SCRATCH_BYTES);
        // SAFETY: bounded by the buffer.
        unsafe { bytes(self.at(0), length as u64) }
    }

    /// Reads a string of the program to byte `at`, at most `room` bytes with its NUL. Returns its length with NUL, or
    /// a negative errno.
    #[inline(always)]
    pub(crate) fn user_string(&self, at: usize, room: u32, address: u64) -> i32 {
        // SAFETY: the helper checks the program's address, the verifier the buffer.
        unsafe {
            generated::bpf_probe_read_user_str(self.at(at).cast(), room, address as *const _) as i32
        }
    }

    /// Reads bytes of the program to byte `at`. Returns 0 or a negative errno.
    #[inline(always)]
    pub(crate) fn user_bytes(&self, at: usize, length: u32, address: u64) -> i32 {
        // SAFETY: as above.
        unsafe {
            generated::bpf_probe_read_user(self.at(at).cast(), length, address as *const _) as i32
        }
    }
}

/// A number that is no more than `limit` in the eyes of the verifier too: the compiler may know the bound and drop the
/// comparison, so the value is made opaque to it first.
#[inline(always)]
pub(crate) fn bounded(number: usize, limit: usize) -> usize {
    // SAFETY: a local.
    let number = unsafe { core::ptr::read_volatile(&raw const number) };
    if number > limit { limit } else { number }
}

/// Runs `body` at most `count` times, until it returns true. The verifier looks at the body once instead of once a
/// turn (`bpf_loop`, Linux 5.17).
#[inline(always)]
pub(crate) fn repeat<T>(count: u32, body: extern "C" fn(u64, *mut T) -> i64, state: &mut T) {
    // SAFETY: the helper calls back with the pointer it was given, before it returns.
    unsafe {
        generated::bpf_loop(count, body as *mut _, core::ptr::from_mut(state).cast(), 0);
    }
}
/// The body of a loop wants another turn.
pub(crate) const MORE: i64 = 0;
/// The body of a loop is done.
pub(crate) const DONE: i64 = 1;
