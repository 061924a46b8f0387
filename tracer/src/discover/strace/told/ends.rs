//! Signals and ends.

use super::Told;
use crate::discover::strace::argument;
use crate::discover::strace::line::Call;
use crate::discover::strace::order::Entry;
use crate::event::process::Exit;
use crate::event::signal::{Outcome, Signal};
use crate::event::{Event, Hex, Kind, Text};

/// The server gives a child this long, in nanoseconds (discover/runner.go): one that was killed after it, was out of time.
/// strace shows no answers, so a kill before that may as well be the normal end.
const LIMIT: u64 = 29_000_000_000;
/// Signals by number on x86-64 (signal(7)): those that end a program and those that are told apart.
const NUMBERS: [(&str, u32); 11] = [
    ("SIGINT", 2),
    ("SIGQUIT", 3),
    ("SIGILL", 4),
    ("SIGTRAP", 5),
    ("SIGABRT", 6),
    ("SIGBUS", 7),
    ("SIGFPE", 8),
    ("SIGKILL", 9),
    ("SIGSEGV", 11),
    ("SIGTERM", 15),
    ("SIGSYS", 31),
];

impl Told<'_> {
    /// A signal that one process sends another.
    pub(super) fn sent(
        &mut self,
        entry: &Entry<'_>,
        leader: u32,
        call: &Call<'_>,
        push: &mut impl FnMut(Event),
    ) {
        let parts = argument::split(call.arguments);
        let part = |index: usize| parts.get(index).copied().unwrap_or_default();
        let (name, to) = match call.name {
            "tgkill" => (part(2), argument::pid(part(0))),
            "kill" => (part(1), argument::pid(part(0))),
            _ => {
                let fd = argument::descriptor(part(0)).0;
                let process = self.process(leader, entry);
                (part(1), fd.and_then(|fd| process.pidfds.get(&fd).copied()))
            }
        };
        let Some(to) = to.filter(|_| !matches!(name, "SIGURG" | "0")) else {
            return;
        };
        let target = self.processes.get(&self.tree.leader(to)).cloned();
        // See LIMIT.
        let early = target
            .as_ref()
            .is_some_and(|target| target.brief && entry.time.saturating_sub(target.begun) < LIMIT);
        if early && name == "SIGKILL" {
            return;
        }
        let signal = Signal {
            to: target.map(|target| target.proc),
            to_pid: to,
            from_pid: Some(leader),
            code: 0,
            ..plain(name)
        };
        self.tell(entry, leader, Kind::Signal(signal), push);
    }

    /// A signal that was delivered. One that a process sent was told when it was sent, where that is shown.
    pub(super) fn signal(
        &mut self,
        entry: &Entry<'_>,
        leader: u32,
        name: &str,
        details: &str,
        push: &mut impl FnMut(Event),
    ) {
        // Whether it comes inside the load or after it is not shown.
        let mut loads = Vec::new();
        if !matches!(name, "SIGURG" | "SIGCHLD") {
            let thread = self.threads.entry(entry.tid).or_default();
            thread.loader.over(entry.number, &mut loads);
        }
        for (_, kind) in loads {
            self.tell(entry, leader, kind, push);
        }
        let code = argument::field(details, "si_code").unwrap_or_default();
        let sent = code.starts_with("SI_");
        if !sent && argument::field(details, "si_addr").is_some() {
            let address = argument::field(details, "si_addr").unwrap_or_default();
            let to = self.process(leader, entry).proc;
            let signal = Signal {
                to: Some(to),
                to_pid: leader,
                code: 1,
                address: Some(Hex(argument::number(address).unwrap_or(0))),
                ..plain(name)
            };
            self.tell(entry, leader, Kind::Signal(signal), push);
        } else if name == "SIGABRT" {
            let to = self.process(leader, entry).proc;
            let from = argument::field(details, "si_pid").and_then(argument::pid);
            let signal = Signal {
                to: Some(to),
                to_pid: leader,
                from_pid: from,
                code: -6,
                ..plain(name)
            };
            self.tell(entry, leader, Kind::Signal(signal), push);
        }
    }

    pub(super) fn exit(
        &mut self,
        entry: &Entry<'_>,
        leader: u32,
        code: Option<u8>,
        signal: Option<&str>,
        core: bool,
        push: &mut impl FnMut(Event),
    ) {
        let process = self.process(leader, entry).clone();
        let ran = entry.time.saturating_sub(process.begun);
        // Who sent it is not shown, or whether it had answered: the end is not known.
        let unclear =
            signal == Some("SIGKILL") && (!self.tree.shows_kills || (process.brief && ran < LIMIT));
        if unclear {
            return;
        }
        let exit = Exit {
            pid: leader,
            code,
            signal: signal.map(Text::from),
            core,
        };
        self.tell(entry, leader, Kind::Exit(exit), push);
    }
}

fn plain(name: &str) -> Signal {
    let number = NUMBERS.iter().find(|(known, _)| *known == name);
    Signal {
        name: Text::from(name),
        number: number.map_or(0, |(_, number)| *number),
        to: None,
        to_pid: 0,
        from_pid: None,
        from_name: None,
        code: 0,
        result: Outcome::Delivered,
        address: None,
        at: None,
    }
}
