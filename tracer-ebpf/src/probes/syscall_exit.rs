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
use crate::path;
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
    let args = &call.args;
    match number {
        nr::WRITE | nr::PWRITE64 | nr::SENDTO | nr::WRITEV | nr::PWRITEV | nr::PWRITEV2 => {
            text::written(who, call, result);
        }
        nr::READ | nr::RECVFROM => text::received(who, call, result),
        nr::GETDENTS64 => {
            send_fd_path(who, args[0] as i32);
            text::listed(call, result);
            if result <= 0 {
                send(who, call, result, 0, [0; 2], 0, 0);
            }
        }
        nr::FORK | nr::VFORK | nr::CLONE | nr::CLONE3 | nr::EXECVE | nr::EXECVEAT
            if result >= 0 => {}
        nr::LISTEN => text::listening(who, call, result),
        nr::FORK | nr::VFORK | nr::CLONE | nr::CLONE3 | nr::MUNMAP => {
            send(who, call, result, 0, [0; 2], 0, 0);
        }
        nr::BIND | nr::CONNECT | nr::ACCEPT | nr::ACCEPT4 => text::socket(who, call, result),
        nr::MMAP => {
            send_fd_path(who, args[4] as i32);
            send(who, call, result, 0, [0; 2], 0, 0);
        }
        nr::IOCTL => {
            send_fd_path(who, args[0] as i32);
            send(who, call, result, 0, [0; 2], 0, 0);
        }
        nr::FCHDIR => {
            path::send_cwd(who, SCRATCH_SYS_PATH);
            send(who, call, result, 0, [0; 2], 0, 0);
        }
        nr::CHDIR => {
            path::send_cwd(who, SCRATCH_SYS_PATH);
            send(who, call, result, args[0], [0; 2], 0, 0);
        }
        nr::GETCWD => {
            send(
                who,
                call,
                result,
                if result > 0 { args[0] } else { 0 },
                [0; 2],
                0,
                0,
            );
        }
        nr::STAT | nr::LSTAT => send(who, call, result, args[0], stat_of(args[1], result), 0, 0),
        nr::OPEN | nr::CREAT | nr::ACCESS | nr::EXECVE => {
            send(who, call, result, args[0], [0; 2], 0, 0);
        }
        nr::READLINK => send(who, call, result, args[0], [0; 2], args[1], result),
        _ => at_calls(who, call, result),
    }
}

/// The calls with a descriptor for a folder in front of the path.
#[inline(always)]
fn at_calls(who: Task, call: &InFlight, result: i64) {
    let args = &call.args;
    let folder = args[0] as i32;
    if folder != AT_FDCWD && user::<u8>(args[1]).unwrap_or(b'/') != b'/' {
        send_fd_path(who, folder);
    }
    let (extra, second, length) = match call.nr as u32 {
        nr::NEWFSTATAT => (stat_of(args[2], result), 0, 0),
        nr::STATX => (statx_of(args[4], result), 0, 0),
        nr::OPENAT2 => ([user::<u64>(args[2]).unwrap_or(0), 0], 0, 0),
        nr::READLINKAT => ([0; 2], args[2], result),
        _ => ([0; 2], 0, 0),
    };
    send(who, call, result, args[1], extra, second, length);
}

#[inline(always)]
fn send_fd_path(who: Task, fd: i32) {
    if let Some(file) = file_of(fd) {
        path::send_file(who, SCRATCH_SYS_PATH, OF_FD, file);
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

/// Sends the call with the string at `address` (0 for none) and `second` bytes of a buffer (a link's target).
#[inline(always)]
fn send(
    who: Task,
    call: &InFlight,
    result: i64,
    address: u64,
    extra: [u64; 2],
    second: u64,
    second_length: i64,
) {
    let Some(lease) = Lease::take(SCRATCH_SYS) else {
        return;
    };
    let text = if address == 0 {
        0
    } else {
        lease.user_string(TEXT_AT, ROOM as u32, address)
    };
    let used = if text > 0 {
        text as usize & (ROOM * 2 - 1)
    } else {
        0
    };
    let mut behind = 0;
    if second != 0 && second_length > 0 {
        let length = second_length as u32 & (ROOM as u32 - 1);
        let code = lease.user_bytes(TEXT_AT + used, length, second);
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
            extra,
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
