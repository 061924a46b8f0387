//! Every map and every constant that user space sets before loading.

use aya_ebpf::macros::map;
use aya_ebpf::maps::{Array, HashMap, LruHashMap, PerCpuArray, RingBuf};
use vgputrace_ebpf::wire::{Count, CountKey, FnDesc};
use vgputrace_ebpf::wire::{awaited, head::lost, offsets, syscall};

/// All records, in one order. User space sets the size.
#[map]
pub(crate) static RECORDS: RingBuf = RingBuf::with_byte_size(16 << 20, 0);

/// Traced processes by tgid.
#[map]
pub(crate) static TRACED: HashMap<u32, Traced> = HashMap::with_max_entries(32_768, 0);

/// What is kept of a traced process.
#[repr(C)]
#[derive(Clone, Copy)]
pub(crate) struct Traced {
    /// 32-bit system calls so far.
    pub(crate) compat: u64,
}

/// Whether programs are awaited, and by what: `BY_*` of [`awaited`].
#[map]
pub(crate) static AWAITED: Array<u32> = Array::with_max_entries(1, 0);

/// Names of programs that are followed when they start, padded with zeros.
#[map]
pub(crate) static AWAITED_NAMES: HashMap<[u8; awaited::NAME], u32> =
    HashMap::with_max_entries(awaited::MOST, 0);

/// Names of control groups whose members are followed when they start a program, padded with zeros.
#[map]
pub(crate) static AWAITED_GROUPS: HashMap<[u8; awaited::GROUP], u32> =
    HashMap::with_max_entries(awaited::MOST, 0);

/// Ids of such groups (version 2).
#[map]
pub(crate) static AWAITED_IDS: HashMap<u64, u32> = HashMap::with_max_entries(awaited::MOST, 0);

/// System calls that have been entered, by thread (pid_tgid).
#[map]
pub(crate) static IN_FLIGHT: HashMap<u64, InFlight> = HashMap::with_max_entries(32_768, 0);

/// A system call that has been entered.
#[repr(C)]
#[derive(Clone, Copy)]
pub(crate) struct InFlight {
    /// When.
    pub(crate) start: u64,
    /// Number.
    pub(crate) nr: u64,
    /// Arguments, masked by arity.
    pub(crate) args: [u64; 6],
}

/// Accepted sockets by tgid and fd: what is being answered on them.
#[map]
pub(crate) static SOCKETS: LruHashMap<u64, Socket> = LruHashMap::with_max_entries(4_096, 0);

/// State of an accepted socket.
#[repr(C)]
#[derive(Clone, Copy)]
pub(crate) struct Socket {
    /// Bytes of the answer that may still be recorded; 0 when the request was none of the discovery endpoints.
    pub(crate) left: u64,
}

/// The newest call of each thread (pid_tgid) whose return has to know of its entry.
#[map]
pub(crate) static NEWEST: HashMap<u64, OpenCall> = HashMap::with_max_entries(16_384, 0);

/// Those that were entered before it and are still open, by thread and stack pointer. Some never come back (longjmp); the
/// oldest go.
#[map]
pub(crate) static OTHERS_OPEN: LruHashMap<[u64; 2], OpenCall> =
    LruHashMap::with_max_entries(8_192, 0);

/// What is kept of a call until it comes back.
#[repr(C)]
#[derive(Clone, Copy)]
pub(crate) struct OpenCall {
    /// Argument registers.
    pub(crate) args: [u64; 6],
    /// When it was entered.
    pub(crate) start: u64,
    /// Stack pointer.
    pub(crate) sp: u64,
    /// Index of the descriptor.
    pub(crate) function: u32,
    /// Not 0: it is counted and not told.
    pub(crate) counted: u32,
}

/// Calls of functions that are told up to a number and then counted, by process and function.
#[map]
pub(crate) static COUNTS: HashMap<CountKey, Count> = HashMap::with_max_entries(32_768, 0);

/// Calls of processes that are not traced into probed functions: what others pay.
#[map]
pub(crate) static OTHERS: PerCpuArray<u64> = PerCpuArray::with_max_entries(1, 0);

/// What to read of each probed function, by its cookie.
#[map]
pub(crate) static FUNCTIONS: Array<FnDesc> = Array::with_max_entries(8_192, 0);

/// Records that did not get through, by cause.
#[map]
pub(crate) static LOST: PerCpuArray<u64> = PerCpuArray::with_max_entries(lost::COUNT, 0);

/// Buffers in which long records are put together, one for each user.
#[map]
pub(crate) static SCRATCH: PerCpuArray<Scratch> = PerCpuArray::with_max_entries(SCRATCH_COUNT, 0);

/// A buffer of one CPU.
#[repr(C)]
pub(crate) struct Scratch {
    /// Not zero while in use: a program that was interrupted by its own kind must not share it.
    pub(crate) busy: u64,
    /// Bytes of the record so far, for loops: the verifier knows nothing of what stands in a map, so one turn looks to it like
    /// the next, where it would tell turns apart by a number on the stack.
    pub(crate) used: u64,
    /// The record.
    pub(crate) bytes: [u8; SCRATCH_BYTES],
}

/// Room for the longest record and for the bytes a bounded read may add behind it.
pub(crate) const SCRATCH_BYTES: usize = 16 << 10;
/// Used while a system call returns.
pub(crate) const SCRATCH_SYS: u32 = 0;
/// Used for a path while a system call returns.
pub(crate) const SCRATCH_SYS_PATH: u32 = 1;
/// Used at exec.
pub(crate) const SCRATCH_EXEC: u32 = 2;
/// Used for a path at exec.
pub(crate) const SCRATCH_EXEC_PATH: u32 = 3;
const SCRATCH_COUNT: u32 = 4;

/// Offsets of kernel fields, from the running kernel's BTF.
#[unsafe(no_mangle)]
static OFFSETS: [u32; offsets::COUNT] = [0; offsets::COUNT];

/// Wanted system calls.
#[unsafe(no_mangle)]
static SYSCALLS: [u64; syscall::BITMAP_WORDS] = [0; syscall::BITMAP_WORDS];

/// Bytes waiting in the ring at which user space is woken, a power of two; it looks by itself every few milliseconds.
#[unsafe(no_mangle)]
static WAKE_BYTES: u64 = 1 << 20;

/// Diagnostics of the probes themselves are wanted (`-vv`).
#[unsafe(no_mangle)]
static VERBOSE: u32 = 0;

/// Offset of a kernel field.
#[inline(always)]
pub(crate) fn offset(index: usize) -> usize {
    // SAFETY: the index is a constant of the table; volatile, since user space sets the value before loading.
    unsafe { core::ptr::read_volatile(&raw const OFFSETS[index]) as usize }
}

/// Whether a system call is wanted.
#[inline(always)]
pub(crate) fn wanted(number: u64) -> bool {
    if number >= (syscall::BITMAP_WORDS as u64) * 64 {
        return false;
    }
    let word = (number / 64) as usize & (syscall::BITMAP_WORDS - 1);
    // SAFETY: the index is masked to the table.
    let bits = unsafe { core::ptr::read_volatile((&raw const SYSCALLS).cast::<u64>().add(word)) };
    bits >> (number % 64) & 1 == 1
}

/// See [`WAKE_BYTES`].
#[inline(always)]
pub(crate) fn wake_bytes() -> u64 {
    // SAFETY: a static; volatile, since user space sets it before loading.
    unsafe { core::ptr::read_volatile(&raw const WAKE_BYTES) }
}

/// See [`VERBOSE`].
#[inline(always)]
pub(crate) fn verbose() -> bool {
    // SAFETY: as above.
    unsafe { core::ptr::read_volatile(&raw const VERBOSE) != 0 }
}
