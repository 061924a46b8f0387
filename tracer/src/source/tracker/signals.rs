//! Signals and the kernel's choice of a victim.

use vgputrace_ebpf::wire::{Oom, Signal};

use super::Tracker;
use crate::event::signal::{Oom as OomEvent, Outcome, Signal as SignalEvent};
use crate::event::{Hex, Kind, Text};

/// Names of signals 1 to 31 (x86-64).
const NAMES: [&str; 31] = [
    "SIGHUP",
    "SIGINT",
    "SIGQUIT",
    "SIGILL",
    "SIGTRAP",
    "SIGABRT",
    "SIGBUS",
    "SIGFPE",
    "SIGKILL",
    "SIGUSR1",
    "SIGSEGV",
    "SIGUSR2",
    "SIGPIPE",
    "SIGALRM",
    "SIGTERM",
    "SIGSTKFLT",
    "SIGCHLD",
    "SIGCONT",
    "SIGSTOP",
    "SIGTSTP",
    "SIGTTIN",
    "SIGTTOU",
    "SIGURG",
    "SIGXCPU",
    "SIGXFSZ",
    "SIGVTALRM",
    "SIGPROF",
    "SIGWINCH",
    "SIGIO",
    "SIGPWR",
    "SIGSYS",
];

/// Name of a signal; a real-time signal has its number.
pub(super) fn name(number: u32) -> Text {
    let index = (number as usize).checked_sub(1);
    match index.and_then(|index| NAMES.get(index)) {
        Some(name) => Text::from(*name),
        None => Text::from(format!("SIG{number}")),
    }
}

/// The page where the kernel executes instructions that a probe stands on (the XOL area of uprobes, at the end of the
/// address space: kernel/events/uprobes.c, `xol_add_vma`). The tracepoint sees this place; the program itself gets its
/// own address back before the signal arrives.
const COPIES: u64 = 0x7fff_ffff_e000;

impl Tracker {
    pub(super) fn signalled(&mut self, tgid: u32, tid: u32, time: u64, signal: &Signal) {
        let number = signal.number.cast_unsigned();
        let fault = signal.fault != 0;
        let inside = self.processes.contains_key(&tgid);
        let copied = signal.ip >> 12 == COPIES >> 12;
        let last = if copied {
            self.entered_last(tgid, tid)
        } else {
            None
        };
        let at =
            (fault && inside).then(|| last.unwrap_or_else(|| self.site(tgid, signal.ip, true)));
        let end = signal
            .name
            .iter()
            .position(|byte| *byte == 0)
            .unwrap_or(signal.name.len());
        let event = SignalEvent {
            name: name(number),
            number,
            to: self
                .processes
                .get(&signal.to_tgid)
                .map(|process| process.id),
            to_pid: signal.to_tgid,
            from_pid: (!fault).then_some(tgid),
            from_name: (!inside)
                .then(|| Text::from_bytes(signal.name.get(..end).unwrap_or_default())),
            code: signal.code,
            result: match signal.result {
                0 => Outcome::Delivered,
                1 => Outcome::Ignored,
                2 => Outcome::Pending,
                3 => Outcome::Overflow,
                4 => Outcome::Bare,
                _ => Outcome::Other,
            },
            address: fault.then_some(Hex(signal.address)),
            at,
        };
        if inside {
            self.tell(tgid, tid, time, None, Kind::Signal(event));
        } else {
            // The sender is not traced: the event happens in no process of the trace.
            let event = self.own(time, None, None, Kind::Signal(event));
            self.story.events.push(event);
        }
    }

    pub(super) fn out_of_memory(&mut self, tgid: u32, tid: u32, time: u64, oom: Oom) {
        let victim = self.processes.get(&oom.victim).map(|process| process.id);
        let kind = Kind::Oom(OomEvent {
            victim,
            pid: oom.victim,
        });
        let (tgid, tid) = if self.processes.contains_key(&tgid) {
            (tgid, tid)
        } else {
            (oom.victim, oom.victim)
        };
        self.tell(tgid, tid, time, None, kind);
    }
}

#[cfg(test)]
mod tests {
    use super::name;

    #[test]
    fn signals_have_the_names_of_signal_7() {
        for (number, text) in [
            (1, "SIGHUP"),
            (9, "SIGKILL"),
            (11, "SIGSEGV"),
            (31, "SIGSYS"),
            (40, "SIG40"),
            (0, "SIG0"),
        ] {
            assert_eq!(name(number).as_str(), text);
        }
    }
}
