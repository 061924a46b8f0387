//! Lines to events, in the words of a recording.

mod ends;
mod programs;

use std::collections::BTreeMap;

use super::files::{self, Files};
use super::folders::Searched;
use super::line::{self, Call, What};
use super::loader::{Loader, Step};
use super::order::Entry;
use super::tree::{MAKES, Tree};
use super::{Screen, argument};
use crate::discover::model::Evidence;
use crate::event::process::{ExecFailed, Fork, ForkFailed};
use crate::event::{Event, Kind, Proc, Seen, Seq, Text, Why};

/// Threads whose state is kept.
const MOST: usize = 65_536;
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
                    && let Some(fd) = rest
                        .split(']')
                        .next()
                        .and_then(|fd| argument::descriptor(fd).0)
                {
                    self.pidfd(entry, leader, fd, child);
                }
                self.process(child, entry);
                self.forked(entry, child, push);
            }
            ("pidfd_open", Ok(fd)) => {
                let of = argument::split(call.arguments)
                    .first()
                    .and_then(|pid| argument::pid(pid));
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
