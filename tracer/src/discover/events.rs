//! A discovery from the events of a trace: a fold over all of them, which can be asked for the model at any time.
//!
//! ```text
//! event -> processes (who is who) -> server (folders it looked at, its lines)
//!                                 -> child  (loads, starts, calls, words, answer, end)
//! finish: attempts (children by folder and pass), folders, devices, what could not be seen
//! ```
//!
//! Memory is bounded for any input: each list has a limit, what goes beyond it is left out.

mod answers;
mod attempts;
mod beginning;
mod child;
mod conclude;
mod ends;
mod failures;
mod folders;
mod libraries;
mod lines;
mod loads;
mod missing;
mod models;
mod not_made;
mod processes;
mod programs;
mod roles;
mod roots;
mod server;
mod unread;
mod values;

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

pub(super) use self::roles::base;

use self::child::Building;
use self::processes::Processes;
use self::roots::Roots;
use self::server::Looking;
use super::model::{Blind, Evidence, LateAttach, LostRecords};
use super::role::{Role, Step};
use crate::event::host::Header;
use crate::event::net::Socket;
use crate::event::process::{Exec, ExecFailed, ForkFailed};
use crate::event::{Event, Kind, Proc, Text};

/// Children, lines and the like that are kept; a discovery has some dozens.
const MAX_CHILDREN: usize = 4_096;
/// Entries that all children keep together (calls, loads, lines and so on); beyond it each keeps `FEW` of a kind. A
/// discovery has some thousands, a server that runs for weeks looks for its devices again and again.
const MAX_TOGETHER: usize = 65_536;
/// Entries of each list of one process, and of one that comes when the others have kept too much.
const MAX_EACH: usize = 4_096;
const FEW: usize = 64;

/// Errors of connect that only mean "not yet": EINPROGRESS, ECONNREFUSED, EINTR, EALREADY (connect(2)).
const GOES_ON: [u16; 4] = [115, 111, 4, 114];

/// One start of a server.
#[derive(Clone, Debug, Default)]
struct Start {
    looking: Looking,
    children: Vec<Arc<Building>>,
}

/// The fold. A copy shares the children that change no more.
#[derive(Clone, Debug, Default)]
pub struct Discovery {
    header: Option<Header>,
    processes: Processes,
    looking: Looking,
    children: Vec<Arc<Building>>,
    /// Entries that the children keep.
    kept: usize,
    /// Index into `children` by process number.
    by_number: BTreeMap<u32, usize>,
    libraries: libraries::Libraries,
    blind: Blind,
    virtual_gpu: Option<Text>,
    /// What containers have of their own.
    roots: Roots,
    /// Processes in `Blind::unread`.
    unread: BTreeSet<Proc>,
    /// Starts of a server that ended before another began.
    earlier: u32,
    /// The last of those whose discovery came to its end.
    whole: Option<Start>,
    ended: bool,
    last: u64,
}

impl Discovery {
    /// Nothing seen yet.
    #[must_use]
    pub fn new(header: Option<&Header>) -> Self {
        Self {
            header: header.cloned(),
            ..Self::default()
        }
    }

    /// Entries that are kept of children: what a model costs grows with it.
    #[must_use]
    pub const fn kept(&self) -> usize {
        self.kept
    }

    /// Lines of the server that are kept.
    #[must_use]
    pub const fn lines(&self) -> usize {
        self.looking.said.len()
    }

    /// Takes the next event of the trace.
    pub fn push(&mut self, event: &Event) {
        self.last = self.last.max(event.time);
        match &event.kind {
            Kind::Fork(fork) => self.processes.forked(event, fork),
            Kind::ForkFailed(failed) => self.fork_failed(event, failed),
            Kind::Exec(exec) => self.exec(event, exec),
            Kind::ExecFailed(failed) => self.exec_failed(event, failed),
            Kind::Library(library) => {
                self.libraries.push(library);
                if self.is_server(event.process) {
                    self.looking.beginning.facts(library);
                }
                self.of(event.process, |child, _| child.facts(library));
            }
            Kind::Loss(loss) => self.blind.lost.push(LostRecords {
                cause: loss.cause.clone(),
                count: loss.count,
                from: event.start(),
                to: event.time,
                seen: Evidence::event(event.seq, format!("{} records lost", loss.count)),
            }),
            Kind::LateLibrary(late) => self.blind.late.push(LateAttach {
                process: event.process,
                path: late.path.clone(),
                seen: Evidence::event(event.seq, "probed after it had been mapped"),
            }),
            Kind::Root(facts) => self.roots.push(facts),
            Kind::End(_) => self.ended = true,
            Kind::Note(note) if note.is_label() => self.virtual_gpu = Some(note.text.clone()),
            Kind::Signal(signal) => {
                let target = signal.to.or(event.process);
                if self.is_server(target) {
                    self.looking.signal(event, signal);
                }
                self.of(target, |child, server| child.signal(event, signal, server));
            }
            Kind::Oom(oom) => {
                if self.is_server(oom.victim) {
                    self.looking.oom(event);
                }
                self.of(oom.victim, |child, _| child.oom(event));
            }
            Kind::Exit(exit) => {
                if self.is_server(event.process) {
                    self.looking.exited(event, exit);
                }
                self.processes.exited(event, exit);
                self.of(event.process, |child, _| child.exited(event, exit));
            }
            _ => self.rest(event),
        }
        self.blind.lost.truncate(MAX_CHILDREN);
        self.blind.late.truncate(MAX_CHILDREN);
    }

    fn rest(&mut self, event: &Event) {
        let Some(process) = event.process else { return };
        let number = process.number;
        if let Some(what) = unread::of(event) {
            self.not_read(process, event, what);
        }
        if self.processes.server == Some(number) {
            if let Kind::Socket(socket) = &event.kind {
                self.not_reached(event, socket);
            }
            self.looking.push(event);
            return;
        }
        if !self.by_number.contains_key(&number) && loads::shows_ggml(event) {
            self.program(event, number);
        }
        let most = if self.kept < MAX_TOGETHER {
            MAX_EACH
        } else {
            FEW
        };
        let index = self.by_number.get(&number).copied();
        if let Some(child) = index.and_then(|index| self.children.get_mut(index)) {
            let child = Arc::make_mut(child);
            let before = child.kept();
            child.limit(most);
            child.push(event);
            self.kept += child.kept().saturating_sub(before);
            if child.is_full() {
                self.not_read(process, event, "more was seen of it than is kept");
            }
        }
    }

    /// A process that loads ggml with no Ollama around is a discovery by itself.
    fn program(&mut self, event: &Event, number: u32) {
        if self.processes.server.is_some() || self.children.len() >= MAX_CHILDREN {
            return;
        }
        let Some(known) = self.processes.known.get(&number) else {
            return;
        };
        let mut building = Building::new(Role::Program, event.process);
        if let Some((exec, seq)) = &known.exec {
            building.executed(exec, *seq, known.begun);
        }
        self.processes.name(number, Role::Program);
        self.add(Some(number), building);
    }

    fn exec(&mut self, event: &Event, exec: &Exec) {
        self.processes.executed(event, exec);
        let Some(process) = event.process else { return };
        self.roots.executed(process, exec);
        if exec.already {
            self.not_read(process, event, "it ran before the recording began");
        }
        if self.processes.server == Some(process.number) {
            let known = self
                .looking
                .server
                .as_ref()
                .and_then(|server| server.process);
            if known.is_some_and(|known| known.number != process.number) {
                self.begin_anew();
            }
            self.looking.executed(event, exec);
            return;
        }
        let server = self.looking.server.as_ref();
        let role = roles::of(exec, server, self.looking.finished());
        let own = role.filter(|_| !self.processes.looks_for_another(process.number));
        let Some(role) = own else {
            self.processes.name(process.number, roles::other(exec));
            return;
        };
        self.processes.name(process.number, role.clone());
        if exec.env.whole().is_none() || exec.argv.whole().is_none() {
            self.not_read(
                process,
                event,
                "environment or arguments could not be read whole",
            );
        }
        let mut building = Building::new(role, Some(process));
        building.executed(exec, event.seq, event.time);
        // A wrapper that executes the program proper is the same child.
        let known = self.by_number.get(&process.number).copied();
        match known.and_then(|index| self.children.get_mut(index)) {
            Some(wrapper) => *wrapper = Arc::new(building),
            None => self.add(Some(process.number), building),
        }
    }

    fn add(&mut self, number: Option<u32>, building: Building) {
        if self.children.len() >= MAX_CHILDREN {
            return;
        }
        if let Some(number) = number {
            self.by_number.insert(number, self.children.len());
        }
        self.children.push(Arc::new(building));
    }

    /// Something of a process could not be read: what is absent there proves nothing.
    fn not_read(&mut self, process: Proc, event: &Event, what: &str) {
        if self.unread.len() < MAX_CHILDREN && self.unread.insert(process) {
            let seen = Evidence::event(event.seq, what);
            self.blind.unread.push((process, seen));
        }
    }

    /// The server could not connect to a child. Until the child listens it is refused: that is normal.
    fn not_reached(&mut self, event: &Event, socket: &Socket) {
        let (Some(err), Some(address)) = (socket.err, &socket.address) else {
            return;
        };
        if socket.call.as_str() != "connect" || GOES_ON.contains(&err.0) {
            return;
        }
        let port = address.as_str().rsplit(':').next().unwrap_or_default();
        if let Some(child) = self
            .children
            .iter_mut()
            .rev()
            .find(|child| child.is_at(port))
        {
            Arc::make_mut(child).unreached(event, err, address);
        }
    }

    fn fork_failed(&mut self, event: &Event, failed: &ForkFailed) {
        let Some(process) = event.process else { return };
        if self.processes.server != Some(process.number) {
            self.of(Some(process), |child, _| child.fork_failed(event, failed));
            return;
        }
        if let Some(role) = self.looking.role_not_forked(failed) {
            let seen = Evidence::event(event.seq, format!("{} = {}", failed.call, failed.err));
            let mut building = Building::new(role, None);
            building.not_made(failed.err, seen, event.time);
            self.add(None, building);
        }
    }

    /// Another server begins after the one before it ended: what follows is a discovery of its own.
    fn begin_anew(&mut self) {
        let looking = std::mem::take(&mut self.looking);
        let children = std::mem::take(&mut self.children);
        self.by_number.clear();
        self.kept = 0;
        self.earlier = self.earlier.saturating_add(1);
        if looking.finished() {
            self.whole = Some(Start { looking, children });
        }
    }

    /// A child of the server that could not become what it should.
    fn exec_failed(&mut self, event: &Event, failed: &ExecFailed) {
        let Some(process) = event.process else { return };
        if let Some(index) = self.by_number.get(&process.number).copied() {
            // A running child that tries a debugger.
            Arc::make_mut(&mut self.children[index]).refused_exec(event, failed);
            return;
        }
        let parent = self.processes.parent(process.number);
        if parent.is_some() && parent == self.processes.server {
            let role = self.looking.role_not_executed(failed);
            self.processes.name(process.number, role.clone());
            let mut building = Building::new(role, Some(process));
            building.exec_failed(event, failed);
            self.add(Some(process.number), building);
        }
    }

    fn is_server(&self, process: Option<Proc>) -> bool {
        process.is_some_and(|process| self.processes.server == Some(process.number))
    }

    fn of(&mut self, process: Option<Proc>, act: impl FnOnce(&mut Building, Option<u32>)) {
        let index = process.and_then(|process| self.by_number.get(&process.number));
        let server = self.processes.server;
        if let Some(child) = index.and_then(|index| self.children.get_mut(*index)) {
            act(Arc::make_mut(child), server);
        }
    }
}
