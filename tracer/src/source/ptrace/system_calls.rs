//! System calls at their two stops: at the filter, where they are looked at more closely, and at their end, where strings
//! and results are read.

use std::fs::File;

use nix::libc;
use vgputrace_ebpf::wire::Sys;
use vgputrace_ebpf::wire::head::{OUTPUT_PIECES, PIECE, SLOT, What};
use vgputrace_ebpf::wire::path::OF_CWD;
use vgputrace_ebpf::wire::syscall::{arity, nr};

use super::engine::Engine;
use super::filter;
use super::memory;
use super::stream::Stream;
use crate::event::{Seen, Why};
use crate::source::clock;
use crate::source::record::{Body, Bytes};
use crate::source::slow::InFlight;
use crate::sys::ptrace::{ARCH_64, Resume, Stopped};

/// A system call that has been entered.
#[derive(Clone, Copy, Debug)]
pub(super) struct Call {
    /// Its number in the 64-bit table.
    pub(super) nr: u32,
    /// Its arguments.
    pub(super) args: [u64; 6],
    /// When, in nanoseconds.
    pub(super) start: u64,
}

/// -ENOSYS: what stands in the place of the result until a call is made (arch/x86/entry/entry_64.S).
const NOT_BEGUN: u64 = (-38_i64).cast_unsigned();
/// execve of the 32-bit table.
const EXECVE_32: u64 = 11;
/// Longest path (PATH_MAX).
const ROOM: usize = SLOT;

impl Engine {
    /// A call stops at the filter.
    pub(super) fn system_call_begins(&mut self, stopped: Stopped) {
        let tid = stopped.tid();
        let Ok(info) = stopped.system_call() else {
            return self.go_on(stopped, 0);
        };
        if info.arch != ARCH_64 {
            if info.number == EXECVE_32 {
                self.keep_file(tid, info.args[0]);
            }
            self.compat_call(tid);
            self.resume(stopped, Resume::Continue, 0);
            return;
        }
        let call = Call {
            nr: info.number as u32,
            args: info.args,
            start: clock::boottime(),
        };
        if !self.is_interesting(tid, &call) {
            self.resume(stopped, Resume::Continue, 0);
            return;
        }
        match call.nr {
            nr::EXECVE => self.keep_file(tid, call.args[0]),
            nr::EXECVEAT => self.keep_file_at(tid, &call),
            _ => {}
        }
        let tgid = self.process_of(tid);
        let in_flight = InFlight {
            tgid,
            tid,
            start: call.start,
            nr: call.nr,
        };
        self.link.lock().in_flight.insert(tid, in_flight);
        if let Some(thread) = self.threads.get_mut(&tid) {
            thread.call = Some(call);
        }
        self.resume(stopped, Resume::SystemCall, 0);
    }

    /// What the filter cannot know.
    fn is_interesting(&mut self, tid: u32, call: &Call) -> bool {
        let (tgid, fd) = (self.process_of(tid), call.args[0]);
        match call.nr {
            nr::READ | nr::RECVFROM => self.sockets.is_accepted(tgid, fd),
            nr::WRITE | nr::WRITEV | nr::SENDTO => {
                is_output(fd) || self.sockets.is_accepted(tgid, fd)
            }
            nr::IOCTL => is_gpu_node(tid, fd as i32),
            nr::MUNMAP => self
                .space_of(tid)
                .is_some_and(|space| space.borrow().touches(fd, call.args[1])),
            filter::KILL
            | filter::TKILL
            | filter::TGKILL
            | filter::SIGQUEUE
            | filter::TGSIGQUEUE
            | filter::PIDFD_SIGNAL => {
                self.sends_signal(tgid, tid, call);
                false
            }
            _ => true,
        }
    }

    fn keep_file(&mut self, tid: u32, address: u64) {
        let file = memory::string(tid, address, ROOM);
        if let Some(thread) = self.threads.get_mut(&tid) {
            thread.file = file;
        }
    }

    /// The kernel names a program that is executed by descriptor `/dev/fd/N` (fs/exec.c, `alloc_bprm`).
    fn keep_file_at(&mut self, tid: u32, call: &Call) {
        self.keep_file(tid, call.args[1]);
        let fd = call.args[0] as i32;
        let Some(file) = self.threads.get_mut(&tid).and_then(|one| one.file.as_mut()) else {
            return;
        };
        if fd == libc::AT_FDCWD || file.first() == Some(&b'/') {
            return;
        }
        let slash = if file.first() == Some(&0) { "" } else { "/" };
        let mut name = format!("/dev/fd/{fd}{slash}").into_bytes();
        name.append(file);
        *file = name;
    }

    /// A call comes back.
    pub(super) fn system_call_ends(&mut self, stopped: Stopped) {
        let tid = stopped.tid();
        let call = self.threads.get_mut(&tid).and_then(|one| one.call.take());
        self.link.lock().in_flight.remove(&tid);
        if let (Some(call), Ok(info)) = (call, stopped.system_call()) {
            self.finished(tid, &call, info.number.cast_signed());
        }
        self.resume(stopped, Resume::Continue, 0);
    }

    /// A thread ends. When it was killed inside a call, no stop tells the call's end: a server that reads a runner's answer
    /// sends SIGKILL before the runner's write has come back.
    pub(super) fn ends_inside(&mut self, stopped: Stopped) {
        let tid = stopped.tid();
        let call = self.threads.get_mut(&tid).and_then(|one| one.call.take());
        self.link.lock().in_flight.remove(&tid);
        if let (Some(call), Ok(registers)) = (call, stopped.registers())
            && registers.orig_rax == u64::from(call.nr)
            && registers.rax != NOT_BEGUN
        {
            self.finished(tid, &call, registers.rax.cast_signed());
        }
        self.resume(stopped, Resume::Continue, 0);
    }

    fn finished(&mut self, tid: u32, call: &Call, result: i64) {
        let args = &call.args;
        match call.nr {
            nr::WRITE | nr::PWRITE64 | nr::SENDTO | nr::WRITEV | nr::PWRITEV | nr::PWRITEV2 => {
                self.written(tid, call, result);
            }
            nr::READ | nr::RECVFROM => self.received(tid, call, result),
            nr::GETDENTS64 => self.listed(tid, call, result),
            nr::FORK | nr::VFORK | nr::CLONE | nr::CLONE3 | nr::EXECVE | nr::EXECVEAT
                if result >= 0 => {}
            nr::LISTEN | nr::BIND | nr::CONNECT | nr::ACCEPT | nr::ACCEPT4 => {
                self.socket_call(tid, call, result);
            }
            nr::MUNMAP => {
                if let Some(space) = self.space_of(tid).filter(|_| result == 0) {
                    space.borrow_mut().unmap(args[0], args[1]);
                }
                self.tell_call(tid, call, result, None);
            }
            nr::MMAP => self.mapped(tid, call, result),
            nr::IOCTL => {
                self.tell_fd(tid, args[0] as i32);
                self.tell_call(tid, call, result, None);
            }
            nr::FCHDIR | nr::CHDIR => {
                self.tell_path(tid, OF_CWD, "cwd");
                let path = (call.nr == nr::CHDIR).then_some(args[0]);
                self.tell_call(tid, call, result, path);
            }
            nr::GETCWD => self.tell_call(tid, call, result, (result > 0).then_some(args[0])),
            nr::FORK | nr::VFORK | nr::CLONE | nr::CLONE3 => {
                self.tell_call(tid, call, result, None);
            }
            nr::STAT | nr::LSTAT => {
                let extra = stat_of(tid, args[1], result);
                self.tell_sys(tid, call, result, (Some(args[0]), extra, None));
            }
            nr::OPEN | nr::CREAT | nr::ACCESS | nr::EXECVE => {
                self.tell_call(tid, call, result, Some(args[0]));
            }
            nr::READLINK => {
                let target = Some((args[1], result));
                self.tell_sys(tid, call, result, (Some(args[0]), [0; 2], target));
            }
            _ => self.at_call(tid, call, result),
        }
    }

    /// The calls with a descriptor for a folder in front of the path.
    fn at_call(&mut self, tid: u32, call: &Call, result: i64) {
        let args = &call.args;
        let folder = args[0] as i32;
        let absolute = || memory::bytes(tid, args[1], 1).is_none_or(|first| first == b"/");
        if folder != libc::AT_FDCWD && !absolute() {
            self.tell_fd(tid, folder);
        }
        let (extra, target) = match call.nr {
            nr::NEWFSTATAT => (stat_of(tid, args[2], result), None),
            nr::STATX => (statx_of(tid, args[4], result), None),
            nr::OPENAT2 => ([memory::word(tid, args[2]).unwrap_or(0), 0], None),
            nr::READLINKAT => ([0; 2], Some((args[2], result))),
            _ => ([0; 2], None),
        };
        self.tell_sys(tid, call, result, (Some(args[1]), extra, target));
    }

    /// mmap of a file's code: its breakpoints stand before the program goes on.
    fn mapped(&mut self, tid: u32, call: &Call, result: i64) {
        let fd = call.args[4] as i32;
        self.tell_fd(tid, fd);
        self.tell_call(tid, call, result, None);
        if (-4095..0).contains(&result) {
            return;
        }
        let link = format!("/proc/{tid}/fd/{fd}");
        if let (Ok(file), Ok(name)) = (File::open(&link), std::fs::read_link(&link)) {
            let tgid = self.process_of(tid);
            let place = (result.cast_unsigned(), call.args[1], call.args[5]);
            self.watch_mapping(tgid, file, &name.to_string_lossy(), place);
        }
    }

    /// getdents64: the entries as they stand, or that there are no more.
    fn listed(&mut self, tid: u32, call: &Call, result: i64) {
        self.tell_fd(tid, call.args[0] as i32);
        if result <= 0 {
            return self.tell_call(tid, call, result, None);
        }
        let total = result.cast_unsigned();
        let stream = Stream {
            what: What::Listing,
            fd: call.args[0] as i32,
            start: call.start,
            total,
            limit: u64::from(OUTPUT_PIECES) * PIECE as u64,
        };
        self.tell_stream(tid, stream, &[(call.args[1], total)]);
    }

    fn tell_call(&mut self, tid: u32, call: &Call, result: i64, path: Option<u64>) {
        self.tell_sys(tid, call, result, (path, [0; 2], None));
    }

    /// Tells a call with the string at an address, two numbers of its answer, and a buffer of its result's length.
    fn tell_sys(
        &mut self,
        tid: u32,
        call: &Call,
        result: i64,
        (path, extra, target): (Option<u64>, [u64; 2], Option<(u64, i64)>),
    ) {
        let text = path.filter(|address| *address != 0).map(|address| {
            match memory::string(tid, address, ROOM) {
                Some(text) => ended(text),
                None => Seen::No(Why::Fault),
            }
        });
        let second = target
            .filter(|(address, length)| *address != 0 && *length > 0)
            .map(|(address, length)| {
                let length = usize::try_from(length).unwrap_or(0).min(ROOM - 1);
                memory::bytes(tid, address, length).map_or(Seen::No(Why::Fault), Seen::Yes)
            });
        let sys = Sys {
            nr: call.nr,
            text: 0,
            result,
            args: masked(call),
            start: call.start,
            extra,
            second: 0,
            zero: 0,
        };
        let tgid = self.process_of(tid);
        self.tell(tgid, tid, Body::Sys(sys, text, second));
    }
}

/// A string as the decoded records have it: without its NUL, and marked when it fills its room.
fn ended(mut text: Vec<u8>) -> Bytes {
    let length = text.len();
    text.pop();
    if length >= ROOM {
        Seen::Cut(text, length as u64)
    } else {
        Seen::Yes(text)
    }
}

/// Registers beyond a call's own arguments hold anything.
pub(super) fn masked(call: &Call) -> [u64; 6] {
    let mut args = call.args;
    for arg in args.iter_mut().skip(usize::from(arity(call.nr))) {
        *arg = 0;
    }
    args
}

/// Whether a descriptor is standard output or standard error.
pub(super) fn is_output(fd: u64) -> bool {
    fd == 1 || fd == 2
}

/// Whether a descriptor is a device node of a GPU, by its name.
fn is_gpu_node(tid: u32, fd: i32) -> bool {
    use std::os::unix::fs::FileTypeExt;
    let link = format!("/proc/{tid}/fd/{fd}");
    let Ok(path) = std::fs::read_link(&link) else {
        return false;
    };
    let name = path.file_name().map(|name| name.to_string_lossy());
    let named = name.is_some_and(|name| {
        ["nvidia", "kfd", "card", "renderD"]
            .iter()
            .any(|start| name.starts_with(start))
    });
    named && std::fs::metadata(&link).is_ok_and(|facts| facts.file_type().is_char_device())
}

/// `st_mode` and `st_size` of `struct stat` (x86-64 ABI).
fn stat_of(tid: u32, address: u64, result: i64) -> [u64; 2] {
    if result != 0 {
        return [0; 2];
    }
    [
        memory::half(tid, address.wrapping_add(24))
            .unwrap_or(0)
            .into(),
        memory::word(tid, address.wrapping_add(48)).unwrap_or(0),
    ]
}

/// `stx_mode` and `stx_size` of `struct statx`.
fn statx_of(tid: u32, address: u64, result: i64) -> [u64; 2] {
    if result != 0 {
        return [0; 2];
    }
    let mode = memory::half(tid, address.wrapping_add(28)).unwrap_or(0);
    [
        u64::from(mode & 0xffff),
        memory::word(tid, address.wrapping_add(40)).unwrap_or(0),
    ]
}
