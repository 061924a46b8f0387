//! A system call is entered: keep its arguments until it comes back, if it is one of interest.

use aya_ebpf::bindings::pt_regs;
use aya_ebpf::macros::btf_tracepoint;
use aya_ebpf::programs::BtfTracePointContext;
use aya_log_ebpf::debug;
use vgputrace_ebpf::wire::head::lost;
use vgputrace_ebpf::wire::offsets::{
    DENTRY_NAME, FILE_INODE, FILE_PATH, INODE_MODE, PATH_DENTRY, TASK_STATUS,
};
use vgputrace_ebpf::wire::syscall::nr;
use vgputrace_ebpf::wire::{Compat, Kind};

use crate::emit;
use crate::kernel::{at, field, file_of, now, task};
use crate::maps::{IN_FLIGHT, InFlight, SOCKETS, TRACED, offset, verbose, wanted};
use crate::scope::Task;

/// Code segment of 32-bit programs (`__USER32_CS`, arch/x86/include/asm/segment.h).
const USER32_CS: u64 = 0x23;
/// `TS_COMPAT` of `thread_info.status`: this call came through a 32-bit gate (`int 0x80` of a 64-bit program too).
const TS_COMPAT: u32 = 2;
const PROT_EXEC: u64 = 4;
const MAP_ANONYMOUS: u64 = 0x20;
const AT_EMPTY_PATH: u64 = 0x1000;

/// `sys_enter(regs, number)`.
#[btf_tracepoint(function = "sys_enter")]
pub fn on_sys_enter(ctx: BtfTracePointContext) -> i32 {
    let regs: *const pt_regs = ctx.arg(0);
    let number: u64 = ctx.arg(1);
    // SAFETY: the tracepoint's first argument is typed; the verifier allows this load.
    if unsafe { (*regs).cs } == USER32_CS {
        count_compat(&ctx);
        return 0;
    }
    if !wanted(number) {
        return 0;
    }
    let Some(who) = Task::traced() else { return 0 };
    if field::<u32>(task(), TASK_STATUS).unwrap_or(0) & TS_COMPAT != 0 {
        count_compat(&ctx);
        return 0;
    }
    // SAFETY: as above.
    let args = unsafe {
        [
            (*regs).rdi,
            (*regs).rsi,
            (*regs).rdx,
            (*regs).r10,
            (*regs).r8,
            (*regs).r9,
        ]
    };
    if !interesting(who, number as u32, &args) {
        return 0;
    }
    let call = InFlight {
        start: now(),
        nr: number,
        args,
    };
    if IN_FLIGHT.insert(&who.pid_tgid, &call, 0).is_err() {
        emit::lose(lost::TABLE);
    }
    0
}

/// The calls that are made all the time are looked at more closely, so that the rest costs nothing.
#[inline(always)]
fn interesting(who: Task, number: u32, args: &[u64; 6]) -> bool {
    match number {
        nr::MMAP => args[2] & PROT_EXEC != 0 && args[3] & MAP_ANONYMOUS == 0,
        nr::NEWFSTATAT => args[3] & AT_EMPTY_PATH == 0,
        nr::STATX => args[2] & AT_EMPTY_PATH == 0,
        nr::READ | nr::RECVFROM => is_accepted(who, args[0]),
        nr::WRITE | nr::WRITEV | nr::SENDTO => is_output(args[0]) || is_accepted(who, args[0]),
        nr::IOCTL => is_gpu_node(args[0] as i32),
        nr::PWRITE64 | nr::PWRITEV | nr::PWRITEV2 => is_output(args[0]),
        _ => true,
    }
}

/// Whether a descriptor is standard output or standard error.
#[inline(always)]
pub(crate) fn is_output(fd: u64) -> bool {
    fd == 1 || fd == 2
}

/// Whether a descriptor is a device node of a GPU, by its name: `nvidia*`, `kfd`, `card*`, `renderD*`.
#[inline(always)]
fn is_gpu_node(fd: i32) -> bool {
    let node = || {
        let file = file_of(fd)?;
        let inode: *const u8 = field(file, FILE_INODE)?;
        let mode: u16 = field(inode, INODE_MODE)?;
        if u32::from(mode) & 0o170_000 != 0o020_000 {
            return None;
        }
        let dentry: *const u8 = at(file, offset(FILE_PATH) + offset(PATH_DENTRY))?;
        let name: *const u8 = field(dentry, DENTRY_NAME)?;
        at::<u64>(name, 0)
    };
    let Some(name) = node() else { return false };
    let begins = |text: &[u8; 8], length: u32| {
        let mask = u64::MAX >> (64 - length * 8);
        (name ^ u64::from_le_bytes(*text)) & mask == 0
    };
    begins(b"nvidia\0\0", 6)
        || begins(b"kfd\0\0\0\0\0", 4)
        || begins(b"card\0\0\0\0", 4)
        || begins(b"renderD\0", 7)
}

/// Whether a descriptor is a socket that accept returned.
#[inline(always)]
fn is_accepted(who: Task, fd: u64) -> bool {
    SOCKETS.get_ptr(&socket_key(who, fd)).is_some()
}

/// Key of the table of sockets.
#[inline(always)]
pub(crate) fn socket_key(who: Task, fd: u64) -> u64 {
    u64::from(who.tgid()) << 32 | (fd & 0xffff_ffff)
}

/// Counts a 32-bit call and tells of the first.
#[inline(always)]
fn count_compat(ctx: &BtfTracePointContext) {
    let who = Task::current();
    let Some(state) = TRACED.get_ptr_mut(&who.tgid()) else {
        return;
    };
    // SAFETY: a map value; a lost update of two threads costs one count.
    let calls = unsafe {
        (*state).compat += 1;
        (*state).compat
    };
    if calls == 1 {
        emit::record(&(who.head(Kind::Compat), Compat { calls }));
        if verbose() {
            debug!(ctx, "process {} makes 32-bit system calls", who.tgid());
        }
    }
}
