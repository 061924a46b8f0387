//! A system call came back: its strings are in memory now, because the kernel has just read them.

use aya_ebpf::bindings::pt_regs;
use aya_ebpf::macros::btf_tracepoint;
use aya_ebpf::programs::BtfTracePointContext;
use vgputrace_ebpf::wire::path::OF_FD;
use vgputrace_ebpf::wire::syscall::nr;
use vgputrace_ebpf::wire::{Head, Kind, Sys};

use crate::emit::Lease;
use crate::kernel::{file_of, user};
use crate::maps::{IN_FLIGHT, InFlight, SCRATCH_SYS, SCRATCH_SYS_PATH, wanted};
use crate::path::Place;
use crate::probes::text;
use crate::scope::Task;

const TEXT_AT: usize = size_of::<Head>() + size_of::<Sys>();
/// Longest path (PATH_MAX); a power of two.
const ROOM: usize = 4096;
const AT_FDCWD: i32 = -100;

/// `sys_exit(regs, result)`.
#[btf_tracepoint(function = "sys_exit")]
pub fn on_sys_exit(ctx: BtfTracePointContext) -> i32 {
    let regs: *const pt_regs = ctx.arg(0);
    // SAFETY: the tracepoint's first argument is typed; the verifier allows this load.
    if !wanted(unsafe { (*regs).orig_rax }) {
        return 0;
    }
    let who = Task::current();
    // SAFETY: the value is copied at once.
    let Some(call) = unsafe { IN_FLIGHT.get(&who.pid_tgid) }.copied() else {
        return 0;
    };
    let _ = IN_FLIGHT.remove(&who.pid_tgid);
    let result: i64 = ctx.arg(1);
    finished(who, &call, result);
    0
}

#[inline(always)]
fn finished(who: Task, call: &InFlight, result: i64) {
    let number = call.nr as u32;
    match number {
        nr::WRITE | nr::PWRITE64 | nr::SENDTO | nr::WRITEV | nr::PWRITEV | nr::PWRITEV2 => {
            return text::written(who, call, result);
        }
        nr::READ | nr::RECVFROM => return text::received(who, call, result),
        nr::FORK | nr::VFORK | nr::CLONE | nr::CLONE3 | nr::EXECVE | nr::EXECVEAT
            if result >= 0 =>
        {
            return;
        }
        nr::LISTEN => return text::listening(who, call, result),
        nr::BIND | nr::CONNECT | nr::ACCEPT | nr::ACCEPT4 => {
            return text::socket(who, call, result);
        }
        _ => {}
    }
    // Path and record are sent from one place each: the verifier follows every copy of them, and each release counts its
    // steps otherwise.
    if let Some(place) = place_of(call) {
        place.send(who, SCRATCH_SYS_PATH);
    }
    if number == nr::GETDENTS64 && result > 0 {
        return text::listed(call, result);
    }
    send(who, call, result, &parts_of(call, result));
}

/// What a call's descriptor or its working directory is, where the recorder needs it to make a path whole.
#[inline(always)]
fn place_of(call: &InFlight) -> Option<Place> {
    let args = &call.args;
    let fd = match call.nr as u32 {
        nr::FCHDIR | nr::CHDIR => return Place::working_directory(),
        nr::GETDENTS64 | nr::IOCTL => args[0],
        nr::MMAP => args[4],
        number if has_folder(number) => {
            let relative =
                args[0] as i32 != AT_FDCWD && user::<u8>(args[1]).unwrap_or(b'/') != b'/';
            if !relative {
                return None;
            }
            args[0]
        }
        _ => return None,
    };
    Some(Place::of_file(OF_FD, file_of(fd as i32)?))
}

/// Whether a call has a descriptor for a folder in front of its path.
#[inline(always)]
fn has_folder(number: u32) -> bool {
    !matches!(
        number,
        nr::GETDENTS64
            | nr::FORK
            | nr::VFORK
            | nr::CLONE
            | nr::CLONE3
            | nr::MUNMAP
            | nr::MMAP
            | nr::IOCTL
            | nr::FCHDIR
            | nr::CHDIR
            | nr::GETCWD
            | nr::STAT
            | nr::LSTAT
            | nr::OPEN
            | nr::CREAT
            | nr::ACCESS
            | nr::EXECVE
            | nr::READLINK
    )
}

/// What a call's record holds beside its arguments.
struct Parts {
    /// A string of the program; 0 for none.
    address: u64,
    extra: [u64; 2],
    /// A buffer that the kernel has filled; 0 for none.
    second: u64,
    /// Its length in bytes, or a negative errno.
    length: i64,
}

#[inline(always)]
fn parts_of(call: &InFlight, result: i64) -> Parts {
    let args = &call.args;
    let number = call.nr as u32;
    let address = match number {
        nr::GETDENTS64
        | nr::FORK
        | nr::VFORK
        | nr::CLONE
        | nr::CLONE3
        | nr::MUNMAP
        | nr::MMAP
        | nr::IOCTL
        | nr::FCHDIR => 0,
        nr::GETCWD if result <= 0 => 0,
        number if has_folder(number) => args[1],
        _ => args[0],
    };
    let extra = match number {
        nr::STAT | nr::LSTAT => stat_of(args[1], result),
        nr::NEWFSTATAT => stat_of(args[2], result),
        nr::STATX => statx_of(args[4], result),
        nr::OPENAT2 => [user::<u64>(args[2]).unwrap_or(0), 0],
        _ => [0; 2],
    };
    let (second, length) = match number {
        nr::READLINK => (args[1], result),
        nr::READLINKAT => (args[2], result),
        _ => (0, 0),
    };
    Parts {
        address,
        extra,
        second,
        length,
    }
}

/// `st_mode` and `st_size` of `struct stat` (x86-64 ABI).
#[inline(always)]
fn stat_of(address: u64, result: i64) -> [u64; 2] {
    if result != 0 {
        return [0; 2];
    }
    [
        user::<u32>(address + 24).unwrap_or(0).into(),
        user(address + 48).unwrap_or(0),
    ]
}

/// `stx_mode` and `stx_size` of `struct statx`.
#[inline(always)]
fn statx_of(address: u64, result: i64) -> [u64; 2] {
    if result != 0 {
        return [0; 2];
    }
    [
        user::<u16>(address + 28).unwrap_or(0).into(),
        user(address + 40).unwrap_or(0),
    ]
}

/// Sends the call with its string and the bytes of its buffer (a link's target).
#[inline(always)]
fn send(who: Task, call: &InFlight, result: i64, parts: &Parts) {
    let Some(lease) = Lease::take(SCRATCH_SYS) else {
        return;
    };
    let text = if parts.address == 0 {
        0
    } else {
        lease.user_string(TEXT_AT, ROOM as u32, parts.address)
    };
    let used = if text > 0 {
        text as usize & (ROOM * 2 - 1)
    } else {
        0
    };
    let mut behind = 0;
    if parts.second != 0 && parts.length > 0 {
        let length = parts.length as u32 & (ROOM as u32 - 1);
        let code = lease.user_bytes(TEXT_AT + used, length, parts.second);
        behind = if code < 0 { code } else { length as i32 };
    }
    lease.put(0, who.head(Kind::Sys));
    lease.put(
        size_of::<Head>(),
        Sys {
            nr: call.nr as u32,
            text,
            result,
            args: masked(call),
            start: call.start,
            extra: parts.extra,
            second: behind,
            zero: 0,
        },
    );
    let more = if behind > 0 {
        behind as usize & (ROOM - 1)
    } else {
        0
    };
    lease.send(TEXT_AT + used + more);
    lease.end();
}

/// Only what the recorder needs leaves the kernel: registers beyond a call's own arguments hold anything.
#[inline(always)]
fn masked(call: &InFlight) -> [u64; 6] {
    let args = call.args;
    match call.nr as u32 {
        nr::MMAP => args,
        nr::OPENAT
        | nr::NEWFSTATAT
        | nr::FACCESSAT2
        | nr::ACCEPT4
        | nr::READLINKAT
        | nr::OPENAT2
        | nr::STATX => [args[0], args[1], args[2], args[3], 0, 0],
        nr::FORK | nr::VFORK => [0; 6],
        nr::STAT
        | nr::LSTAT
        | nr::MUNMAP
        | nr::ACCESS
        | nr::LISTEN
        | nr::GETCWD
        | nr::CREAT
        | nr::IOCTL
        | nr::CLONE3 => [args[0], args[1], 0, 0, 0, 0],
        nr::CHDIR | nr::FCHDIR => [args[0], 0, 0, 0, 0, 0],
        _ => [args[0], args[1], args[2], 0, 0, 0],
    }
}
