//! Lines to events, in the words of a recording.

use std::collections::BTreeMap;

use super::files::{self, Files};
use super::folders::Searched;
use super::line::{self, Call, What};
use super::loader::{Loader, Step};
use super::order::Entry;
use super::tree::{MAKES, Tree};
use super::{Screen, argument};
use crate::discover::events::base;
use crate::discover::model::Evidence;
use crate::event::process::{EnvVar, Exec, ExecFailed, Exit, Fork, ForkFailed};
use crate::event::signal::{Outcome, Signal};
use crate::event::{Event, Hex, Kind, Proc, Seen, Seq, Text, Why};

/// Threads whose state is kept.
const MOST: usize = 65_536;
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

/// One process.
#[derive(Clone, Debug)]
struct Process {
    proc: Proc,
    seen: Evidence,
    files: Files,
    begun: u64,
    runner: bool,
    /// The server ends it by SIGKILL when it has seen enough.
    brief: bool,
    /// Its parent was told.
    forked: bool,
    /// Processes by the descriptor that stands for them (pidfd_open(2)).
    pidfds: BTreeMap<i32, u32>,
}

/// One thread.
#[derive(Clone, Debug, Default)]
struct Thread<'a> {
    open: Option<(&'a str, &'a str)>,
    loader: Loader,
}

/// The state.
pub(super) struct Told<'a> {
    tree: &'a Tree,
    searched: &'a Searched,
    screen: Screen,
    processes: BTreeMap<u32, Process>,
    threads: BTreeMap<u32, Thread<'a>>,
    numbers: u32,
}

impl<'a> Told<'a> {
    /// Before the first line.
    pub(super) fn new(tree: &'a Tree, searched: &'a Searched, screen: Screen) -> Self {
        Self {
            tree,
            searched,
            screen,
            processes: BTreeMap::new(),
            threads: BTreeMap::new(),
            numbers: 0,
        }
    }

    /// Processes whose variables and listings were not seen: nothing is certain by its absence there.
    pub(super) fn unseen(&self) -> impl Iterator<Item = (Proc, Evidence)> + '_ {
        self.processes
            .values()
            .map(|process| (process.proc, process.seen.clone()))
    }

    /// Takes the next line.
    pub(super) fn line(&mut self, entry: &Entry<'a>, push: &mut impl FnMut(Event)) {
        if self.threads.len() >= MOST && !self.threads.contains_key(&entry.tid) {
            return;
        }
        let leader = self.tree.leader(entry.tid);
        if !self.process(leader, entry).forked {
            self.forked(entry, leader, push);
        }
        match entry.what {
            What::Call(call) => self.call(entry, leader, &call, push),
            What::Begun(name, arguments) => {
                self.threads.entry(entry.tid).or_default().open = Some((name, arguments));
            }
            What::Resumed(name, rest) => {
                let begun = self.threads.entry(entry.tid).or_default().open.take();
                if let Some((open, arguments)) = begun
                    && open == name
                {
                    let whole = format!("{arguments}{rest}");
                    if let Some(call) = line::call(name, &whole) {
                        self.call(entry, leader, &call, push);
                    }
                }
            }
            What::Signal(name, details) => self.signal(entry, leader, name, details, push),
            What::Exited(code) if entry.tid == leader => {
                self.exit(entry, leader, Some(code), None, false, push);
            }
            What::Killed(name, core) if entry.tid == leader => {
                self.exit(entry, leader, None, Some(name), core, push);
            }
            _ => {}
        }
    }

    fn process(&mut self, leader: u32, entry: &Entry<'_>) -> &mut Process {
        let numbers = &mut self.numbers;
        self.processes.entry(leader).or_insert_with(|| {
            *numbers += 1;
            Process {
                proc: Proc {
                    number: *numbers,
                    generation: 0,
                },
                seen: Evidence::event(
                    Seq(entry.number),
                    "strace shows neither variables nor listings",
                ),
                files: Files::default(),
                begun: entry.time,
                runner: false,
                brief: false,
                forked: false,
                pidfds: BTreeMap::new(),
            }
        })
    }

    fn call(
        &mut self,
        entry: &Entry<'a>,
        leader: u32,
        call: &Call<'_>,
        push: &mut impl FnMut(Event),
    ) {
        let screen = self.screen;
        let process = self.process(leader, entry);
        let event = process.files.event(call, screen);
        let thread = self.threads.entry(entry.tid).or_default();
        let mut loads = Vec::new();
        let step = files::step(call, event.as_ref());
        // A file is opened before what it needs is looked for; an end of a search comes before the call that shows it.
        let first = matches!(step, Step::Else);
        thread.loader.step(&step, entry.number, &mut loads);
        let parent = thread.loader.parent();
        let number = self.process(leader, entry).proc;
        let mut tell = |kind, line, parent| {
            push(Event {
                parent,
                ..event_of(entry, number, line, kind)
            });
        };
        if !first && let Some(kind) = event.clone() {
            tell(kind, entry.number, parent);
        }
        for (line, kind) in loads {
            tell(kind, line, None);
        }
        if first && let Some(kind) = event {
            tell(kind, entry.number, parent);
        }
        self.of_processes(entry, leader, call, push);
    }

    fn of_processes(
        &mut self,
        entry: &Entry<'_>,
        leader: u32,
        call: &Call<'_>,
        push: &mut impl FnMut(Event),
    ) {
        let Some(result) = argument::result(call.result) else {
            return;
        };
        match (call.name, result) {
            ("execve", Ok(_)) => self.executed(entry, leader, call, push),
            ("execve", Err(err)) => {
                let file = argument::split(call.arguments)
                    .into_iter()
                    .find_map(argument::text);
                let file = file.unwrap_or(Seen::No(Why::Fault));
                self.tell(
                    entry,
                    leader,
                    Kind::ExecFailed(ExecFailed { file, err }),
                    push,
                );
            }
            (name, Err(err)) if MAKES.contains(&name) => {
                let call = Text::from(name);
                self.tell(
                    entry,
                    leader,
                    Kind::ForkFailed(ForkFailed { call, err }),
                    push,
                );
            }
            (name, Ok(child))
                if MAKES.contains(&name) && !call.arguments.contains("CLONE_THREAD") =>
            {
                let Ok(child) = u32::try_from(child) else {
                    return;
                };
                // clone(2) with CLONE_PIDFD gives the descriptor where the thread's number would stand.
                if let Some((_, rest)) = call.arguments.split_once("parent_tid=[")
                    && let Some(fd) = rest.split(']').next().and_then(|fd| fd.parse().ok())
                {
                    self.pidfd(entry, leader, fd, child);
                }
                self.process(child, entry);
                self.forked(entry, child, push);
            }
            ("pidfd_open", Ok(fd)) => {
                let of = argument::split(call.arguments)
                    .first()
                    .and_then(|pid| pid.parse().ok());
                if let (Ok(fd), Some(of)) = (i32::try_from(fd), of) {
                    self.pidfd(entry, leader, fd, of);
                }
            }
            ("kill" | "tgkill" | "pidfd_send_signal", Ok(_)) => {
                self.sent(entry, leader, call, push)
            }
            _ => {}
        }
    }

    /// Tells who made a process: its first lines may stand before those of the call that made it come back.
    fn forked(&mut self, entry: &Entry<'_>, child: u32, push: &mut impl FnMut(Event)) {
        let parent = self.tree.parent(child);
        let Some(parent) = parent.filter(|parent| self.processes.contains_key(parent)) else {
            return;
        };
        let made = self.process(child, entry);
        if std::mem::replace(&mut made.forked, true) {
            return;
        }
        let fork = Fork {
            child: made.proc,
            pid: child,
        };
        self.tell(entry, parent, Kind::Fork(fork), push);
    }

    fn pidfd(&mut self, entry: &Entry<'_>, leader: u32, fd: i32, of: u32) {
        let process = self.process(leader, entry);
        if process.pidfds.len() < MOST {
            process.pidfds.insert(fd, of);
        }
    }

    fn tell(&mut self, entry: &Entry<'_>, leader: u32, kind: Kind, push: &mut impl FnMut(Event)) {
        let number = self.process(leader, entry).proc;
        push(event_of(entry, number, entry.number, kind));
    }

    fn executed(
        &mut self,
        entry: &Entry<'_>,
        leader: u32,
        call: &Call<'_>,
        push: &mut impl FnMut(Event),
    ) {
        let parent = self
            .tree
            .parent(leader)
            .and_then(|parent| self.processes.get(&parent))
            .map(|one| one.proc);
        // Without the calls that make processes, who made this one is not shown: the first one did, more likely than not.
        let first = self
            .processes
            .values()
            .find(|one| one.proc.number == 1)
            .map(|one| one.proc);
        let screen = self.screen;
        // The call was begun on an earlier line when others came between.
        let searched = self
            .searched
            .range(..=entry.number)
            .next_back()
            .map(|(line, pair)| (*line, pair.clone()));
        let process = self.process(leader, entry);
        process.proc.generation += 1;
        process.begun = entry.time;
        let own = process.proc;
        let cwd = process.files.cwd.clone();
        process.files = Files::in_folder(cwd.clone());
        let parts = argument::split(call.arguments);
        let part = |index: usize| parts.get(index).copied().unwrap_or_default();
        let file = argument::text(part(0)).unwrap_or(Seen::No(Why::Fault));
        let base_of = cwd.clone().map(Seen::Yes);
        let exe = crate::event::file::absolute(&file, base_of.as_ref());
        let (words, whole) = argument::list(part(1)).unwrap_or_default();
        process.runner = words.get(1).is_some_and(|word| word == b"runner");
        let words = (screen.arguments)(&words);
        let argv = if whole {
            Seen::Yes(words)
        } else {
            Seen::Cut(words.clone(), words.len() as u64 + 1)
        };
        let lists = words_have(&argv, "--list-devices");
        let is_child = process.runner
            || exe
                .as_ref()
                .is_some_and(|exe| base(exe.as_str()).starts_with("llama-server"));
        process.brief = is_child && !lists;
        let searched = searched.filter(|(line, _)| is_child && entry.number - line <= 64);
        let env = variables(
            part(2),
            searched.map(|(_, pair)| pair),
            process.runner,
            screen,
        );
        self.threads.entry(entry.tid).or_default().loader = Loader::starting();
        let exec = Exec {
            pid: leader,
            parent: parent
                .or(first)
                .filter(|parent| parent.number != own.number),
            exe: exe.map_or_else(|| file.clone(), Seen::Yes),
            file,
            inode: None,
            argv,
            env,
            cwd: cwd.map_or(Seen::No(Why::Gone), Seen::Yes),
            uid: [0, 0],
            gid: [0, 0],
            secure: false,
            cgroup: None,
            base: None,
            interp: None,
            bits32: false,
            already: false,
        };
        self.tell(entry, leader, Kind::Exec(exec), push);
    }

    /// A signal that one process sends another.
    fn sent(
        &mut self,
        entry: &Entry<'_>,
        leader: u32,
        call: &Call<'_>,
        push: &mut impl FnMut(Event),
    ) {
        let parts = argument::split(call.arguments);
        let part = |index: usize| parts.get(index).copied().unwrap_or_default();
        let (name, to) = match call.name {
            "tgkill" => (part(2), part(0).parse().ok()),
            "kill" => (part(1), part(0).parse().ok()),
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
    fn signal(
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
            let from = argument::field(details, "si_pid").and_then(|pid| pid.parse().ok());
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

    fn exit(
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

fn words_have(argv: &Seen<Vec<Text>>, word: &str) -> bool {
    argv.value()
        .is_some_and(|words| words.iter().any(|one| one.as_str() == word))
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

fn event_of(entry: &Entry<'_>, process: Proc, line: u64, kind: Kind) -> Event {
    Event {
        seq: Seq(line),
        time: entry.time,
        duration: None,
        process: Some(process),
        tid: Some(entry.tid),
        parent: None,
        late: false,
        kind,
    }
}

/// The variables of an exec: with `-v` all of them, else the one that the child's search shows.
fn variables(
    argument: &str,
    searched: Option<(String, String)>,
    runner: bool,
    screen: Screen,
) -> Seen<Vec<EnvVar>> {
    if let Some((all, whole)) = argument::list(argument) {
        let all: Vec<EnvVar> = all
            .iter()
            .filter_map(|pair| {
                let at = pair.iter().position(|byte| *byte == b'=')?;
                Some((screen.variable)(pair.get(..at)?, pair.get(at + 1..)?))
            })
            .collect();
        let count = all.len() as u64 + 1;
        return if whole {
            Seen::Yes(all)
        } else {
            Seen::Cut(all, count)
        };
    }
    let known: Vec<EnvVar> = searched
        .map(|(library, folder)| EnvVar {
            k: Text::from(if runner {
                "OLLAMA_LIBRARY_PATH"
            } else {
                "LD_LIBRARY_PATH"
            }),
            v: Some(Text::from(format!("{library}:{folder}"))),
            len: None,
        })
        .into_iter()
        .collect();
    let count = known.len() as u64 + 1;
    Seen::Cut(known, count)
}
