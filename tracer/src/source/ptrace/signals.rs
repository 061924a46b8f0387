//! Signals. The kernel side sees each when it is generated; here one is seen when a traced process sends it, or else when
//! it is delivered to one.

use std::collections::HashMap;

use nix::libc;
use vgputrace_ebpf::wire::Signal;
use vgputrace_ebpf::wire::signal::NO_INFO;

use super::engine::Engine;
use super::processes::group_of;
use super::system_calls::Call;
use super::{filter, memory};
use crate::source::record::Body;
use crate::sys::ptrace::Stopped;

/// Signals that were told when they were sent, by receiver, number and sender: not to be told again when they arrive.
#[derive(Default)]
pub(super) struct Told {
    list: HashMap<(u32, i32, u32), u32>,
}

impl Told {
    fn add(&mut self, to: u32, number: i32, from: u32) {
        *self.list.entry((to, number, from)).or_insert(0) += 1;
    }

    fn take(&mut self, to: u32, number: i32, from: u32) -> bool {
        let Some(count) = self.list.get_mut(&(to, number, from)) else {
            return false;
        };
        *count -= 1;
        if *count == 0 {
            self.list.remove(&(to, number, from));
        }
        true
    }

    /// A process has ended.
    pub(super) fn forget(&mut self, tgid: u32) {
        self.list.retain(|(to, _, _), _| *to != tgid);
    }
}

/// `si_code` of tkill(2), and where it stands in siginfo_t.
const SI_TKILL: i32 = -6;
const SI_CODE_AT: u64 = 8;

/// TRACE_SIGNAL_DELIVERED and TRACE_SIGNAL_IGNORED (include/trace/events/signal.h).
const DELIVERED: i32 = 0;
const IGNORED: i32 = 1;

impl Engine {
    /// A traced process sends a signal. Told before it is sent: a sender that kills itself has no end of the call.
    pub(super) fn sends_signal(&mut self, tgid: u32, tid: u32, call: &Call) {
        let [a, b, c, d, ..] = call.args;
        let code_at = |address: u64| {
            let code = memory::half(tid, address.wrapping_add(SI_CODE_AT));
            code.map_or(NO_INFO, u32::cast_signed)
        };
        let process = |raw: u64| self.receivers(tgid, raw as i32);
        let thread = |raw: u64| {
            let to = raw as u32;
            group_of(to).map(|group| (group, to)).into_iter().collect()
        };
        let (receivers, number, code): (Vec<(u32, u32)>, u64, i32) = match call.nr {
            filter::KILL => (process(a), b, NO_INFO),
            filter::SIGQUEUE => (process(a), b, code_at(c)),
            filter::TKILL => (thread(a), b, SI_TKILL),
            filter::TGKILL => (thread(b), c, SI_TKILL),
            filter::TGSIGQUEUE => (thread(b), c, code_at(d)),
            _ => {
                let code = if c == 0 { NO_INFO } else { code_at(c) };
                (pidfd_target(tid, a as i32).into_iter().collect(), b, code)
            }
        };
        let number = number as i32;
        for (to_tgid, to_tid) in receivers {
            let Some(receiver) = Standing::of(to_tgid) else {
                continue;
            };
            if !Standing::of(tgid).is_some_and(|sender| sender.may_signal(&receiver)) {
                continue;
            }
            let result = receiver.result(number);
            if self.processes.contains_key(&to_tgid) && !receiver.dead && number != libc::SIGKILL {
                self.told.add(to_tgid, number, tgid);
            }
            let signal = Signal {
                number,
                code,
                result,
                to_tgid,
                to_tid,
                fault: 0,
                address: 0,
                ip: 0,
                sp: 0,
                name: [0; 16],
            };
            self.tell(tgid, tid, Body::Signal(signal));
        }
    }

    /// Whom kill(2) means: one process, or those of a group that are traced.
    fn receivers(&self, from: u32, to: i32) -> Vec<(u32, u32)> {
        if to > 0 {
            return vec![(to.cast_unsigned(), to.cast_unsigned())];
        }
        let group = |tgid: u32| {
            let pid = rustix::process::Pid::from_raw(tgid.cast_signed());
            rustix::process::getpgid(pid)
                .ok()
                .map(|group| group.as_raw_nonzero().get())
        };
        let wanted = match to {
            0 => group(from),
            -1 => None,
            to => Some(-to),
        };
        let mut all: Vec<(u32, u32)> = self
            .processes
            .keys()
            .filter(|tgid| to != -1 || **tgid != from)
            .filter(|tgid| wanted.is_none() || group(**tgid) == wanted)
            .map(|tgid| (*tgid, *tgid))
            .collect();
        all.sort_unstable();
        all
    }

    /// A signal arrives at a traced thread.
    pub(super) fn signalled(&mut self, stopped: &Stopped, number: i32) {
        if matches!(number, libc::SIGURG | libc::SIGCHLD | libc::SIGPROF) {
            return;
        }
        let Ok(info) = stopped.signal() else { return };
        let tid = stopped.tid();
        let tgid = self.process_of(tid);
        let raised = matches!(
            number,
            libc::SIGILL
                | libc::SIGTRAP
                | libc::SIGBUS
                | libc::SIGFPE
                | libc::SIGSEGV
                | libc::SIGSYS
        );
        let fault = raised && info.code > 0;
        // A code of the kernel's or a timer's has no sender.
        let from = if info.code <= 0 && info.code != libc::SI_TIMER {
            info.sender
        } else {
            0
        };
        if !fault && self.told.take(tgid, number, from) {
            return;
        }
        let mut signal = Signal {
            number,
            code: info.code,
            result: DELIVERED,
            to_tgid: tgid,
            to_tid: tid,
            fault: u32::from(fault),
            address: 0,
            ip: 0,
            sp: 0,
            name: name_of(from),
        };
        if !fault {
            signal.result = Standing::of(tgid).map_or(DELIVERED, |one| one.result(number));
            return self.tell(from, from, Body::Signal(signal));
        }
        signal.address = info.address;
        if let Ok(registers) = stopped.registers() {
            (signal.ip, signal.sp) = (registers.rip, registers.rsp);
        }
        self.tell(tgid, tid, Body::Signal(signal));
    }
}

/// What decides about a signal to a process (/proc/PID/status).
struct Standing {
    /// It has ended and nobody has taken its status yet.
    dead: bool,
    /// Real, effective and saved user.
    users: [u32; 3],
    blocked: u64,
    ignored: u64,
    caught: u64,
}

impl Standing {
    /// `None` when there is no such process.
    fn of(tgid: u32) -> Option<Self> {
        let status = std::fs::read_to_string(format!("/proc/{tgid}/status")).ok()?;
        let field = |name: &str| {
            status
                .lines()
                .find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))
                .map(str::trim)
                .unwrap_or_default()
        };
        let mask = |name| u64::from_str_radix(field(name), 16).unwrap_or(0);
        let mut users = field("Uid")
            .split_whitespace()
            .filter_map(|word| word.parse().ok());
        let mut user = || users.next().unwrap_or(u32::MAX);
        Some(Self {
            dead: field("State").starts_with(['Z', 'X']),
            users: [user(), user(), user()],
            blocked: mask("SigBlk"),
            ignored: mask("SigIgn"),
            caught: mask("SigCgt"),
        })
    }

    /// kill(2), "Permissions".
    fn may_signal(&self, other: &Self) -> bool {
        let [real, effective, _] = self.users;
        let [other_real, _, other_saved] = other.users;
        effective == 0
            || [real, effective]
                .iter()
                .any(|user| *user == other_real || *user == other_saved)
    }

    /// What the kernel would answer to a signal (`prepare_signal` and `sig_ignored`, kernel/signal.c), were it not traced.
    fn result(&self, number: i32) -> i32 {
        let bit = u32::try_from(number - 1).map_or(0, |at| 1_u64.checked_shl(at).unwrap_or(0));
        let by_default = matches!(
            number,
            libc::SIGCONT | libc::SIGCHLD | libc::SIGWINCH | libc::SIGURG
        ) && self.caught & bit == 0;
        let ignored = self.blocked & bit == 0 && (self.ignored & bit != 0 || by_default);
        if self.dead || ignored {
            IGNORED
        } else {
            DELIVERED
        }
    }
}

/// The process a pidfd of a thread stands for.
fn pidfd_target(tid: u32, fd: i32) -> Option<(u32, u32)> {
    let info = std::fs::read_to_string(format!("/proc/{tid}/fdinfo/{fd}")).ok()?;
    let line = info.lines().find_map(|line| line.strip_prefix("Pid:"))?;
    let pid = line.trim().parse().ok()?;
    Some((pid, pid))
}

/// The command name of a process, as the kernel has it; of none, "kernel".
fn name_of(tgid: u32) -> [u8; 16] {
    let mut name = [0; 16];
    let text = if tgid == 0 {
        "kernel".to_owned()
    } else {
        std::fs::read_to_string(format!("/proc/{tgid}/comm")).unwrap_or_default()
    };
    for (to, from) in name.iter_mut().zip(text.trim_end().bytes().take(15)) {
        *to = from;
    }
    name
}

#[cfg(test)]
mod tests {
    use nix::libc;

    use super::{DELIVERED, IGNORED, Standing, Told};

    #[test]
    fn a_signal_is_told_once() {
        let mut told = Told::default();
        told.add(5, 15, 7);
        assert!(!told.take(5, 15, 8));
        assert!(told.take(5, 15, 7));
        assert!(!told.take(5, 15, 7));
        told.add(5, 15, 7);
        told.forget(5);
        assert!(!told.take(5, 15, 7));
    }

    #[test]
    fn what_is_ignored_the_kernel_drops_and_to_a_zombie_everything() {
        let mut one = Standing {
            dead: false,
            users: [1, 1, 1],
            blocked: 0,
            ignored: 1 << (libc::SIGTERM - 1),
            caught: 0,
        };
        assert_eq!(one.result(libc::SIGTERM), IGNORED);
        assert_eq!(one.result(libc::SIGINT), DELIVERED);
        assert_eq!(one.result(libc::SIGWINCH), IGNORED);
        one.blocked = one.ignored;
        assert_eq!(one.result(libc::SIGTERM), DELIVERED);
        one.dead = true;
        assert_eq!(one.result(libc::SIGKILL), IGNORED);
    }

    #[test]
    fn who_may_not_send_sends_nothing() {
        let user = |id| Standing {
            dead: false,
            users: [id; 3],
            blocked: 0,
            ignored: 0,
            caught: 0,
        };
        assert!(user(0).may_signal(&user(5)));
        assert!(user(5).may_signal(&user(5)));
        assert!(!user(5).may_signal(&user(0)));
    }
}
