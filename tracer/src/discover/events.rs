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
mod child;
mod ends;
mod folders;
mod libraries;
mod lines;
mod loads;
mod missing;
mod processes;
mod roles;
mod server;
mod values;

use std::collections::BTreeMap;

use self::child::Building;
use self::processes::Processes;
use self::server::Looking;
use super::model::{Blind, Era, Evidence, LateAttach, LostRecords, Model};
use super::role::{Role, Step};
use crate::event::host::Header;
use crate::event::{Event, Kind, Proc, Seq, Text};

/// Children, lines and the like that are kept; a discovery has some dozens.
const MAX_CHILDREN: usize = 4_096;

/// The fold.
#[derive(Clone, Debug, Default)]
pub struct Discovery {
    header: Option<Header>,
    processes: Processes,
    looking: Looking,
    children: Vec<Building>,
    /// Index into `children` by process number.
    by_number: BTreeMap<u32, usize>,
    libraries: libraries::Libraries,
    blind: Blind,
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

    /// Takes the next event of the trace.
    pub fn push(&mut self, event: &Event) {
        self.last = self.last.max(event.time);
        match &event.kind {
            Kind::Fork(fork) => self.processes.forked(event, fork),
            Kind::ForkFailed(failed) => self.looking.fork_failed(event, failed),
            Kind::Exec(exec) => self.exec(event, exec),
            Kind::ExecFailed(failed) => self.exec_failed(event, failed),
            Kind::Library(library) => {
                self.libraries.push(library);
                if let Some(index) = self.child_of(event) {
                    self.children[index].facts(library);
                }
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
            Kind::End(_) => self.ended = true,
            Kind::Signal(signal) => {
                let target = signal.to.or(event.process);
                self.of(target, |child, server| child.signal(event, signal, server));
            }
            Kind::Oom(oom) => self.of(oom.victim, |child, _| child.oom(event)),
            Kind::Exit(exit) => {
                self.processes.exited(event, exit);
                self.of(event.process, |child, _| child.exited(event, exit));
            }
            _ => self.rest(event),
        }
        for list in [self.blind.lost.len(), self.blind.late.len()] {
            debug_assert!(list <= MAX_CHILDREN + 1);
        }
        self.blind.lost.truncate(MAX_CHILDREN);
        self.blind.late.truncate(MAX_CHILDREN);
    }

    fn rest(&mut self, event: &Event) {
        let Some(number) = event.process.map(|process| process.number) else {
            return;
        };
        if self.processes.server == Some(number) {
            self.looking.push(event);
            return;
        }
        if !self.by_number.contains_key(&number) && loads::shows_ggml(event) {
            self.program(event, number);
        }
        if let Some(index) = self.by_number.get(&number).copied() {
            self.children[index].push(event);
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
        self.by_number.insert(number, self.children.len());
        self.children.push(building);
    }

    fn exec(&mut self, event: &Event, exec: &crate::event::process::Exec) {
        self.processes.executed(event, exec);
        let Some(process) = event.process else { return };
        if self.processes.server == Some(process.number) {
            self.looking.executed(event, exec);
            return;
        }
        let server = self.looking.server.as_ref();
        let Some(role) = roles::of(exec, server, self.looking.finished()) else {
            self.processes.name(process.number, roles::other(exec));
            return;
        };
        self.processes.name(process.number, role.clone());
        if exec.env.whole().is_none() || exec.argv.whole().is_none() {
            let seen = Evidence::event(
                event.seq,
                "environment or arguments could not be read whole",
            );
            if self.blind.unread.len() < MAX_CHILDREN {
                self.blind.unread.push((process, seen));
            }
        }
        if self.children.len() >= MAX_CHILDREN {
            return;
        }
        let mut building = Building::new(role, Some(process));
        building.executed(exec, event.seq, event.time);
        self.by_number.insert(process.number, self.children.len());
        self.children.push(building);
    }

    /// A child of the server that could not become what it should.
    fn exec_failed(&mut self, event: &Event, failed: &crate::event::process::ExecFailed) {
        let Some(process) = event.process else { return };
        if let Some(index) = self.by_number.get(&process.number).copied() {
            // A running child that tries a debugger.
            self.children[index].refused_exec(event, failed);
            return;
        }
        let parent = self.processes.parent(process.number);
        if parent.is_some() && parent == self.processes.server {
            let role = self.looking.role_of_failed(failed);
            self.processes.name(process.number, role.clone());
            let mut building = Building::new(role, Some(process));
            building.exec_failed(event, failed);
            if self.children.len() < MAX_CHILDREN {
                self.by_number.insert(process.number, self.children.len());
                self.children.push(building);
            }
        }
    }

    fn child_of(&self, event: &Event) -> Option<usize> {
        self.by_number.get(&event.process?.number).copied()
    }

    fn of(&mut self, process: Option<Proc>, act: impl FnOnce(&mut Building, Option<u32>)) {
        let index = process.and_then(|process| self.by_number.get(&process.number));
        let server = self.processes.server;
        if let Some(child) = index.and_then(|index| self.children.get_mut(*index)) {
            act(child, server);
        }
    }

    /// The model of all that was seen so far.
    #[must_use]
    pub fn finish(&self) -> Model {
        let mut model = Model {
            command: self
                .header
                .as_ref()
                .map(|header| header.command.clone())
                .unwrap_or_default(),
            host: self.header.as_ref().map(|header| header.host.clone()),
            libraries: self.libraries.all(),
            blind: self.blind.clone(),
            roles: self.processes.roles(),
            ..Model::default()
        };
        model.children = self
            .children
            .iter()
            .map(|one| one.finish(self.last))
            .collect();
        missing::share_causes(&mut model.children);
        self.looking.finish(&mut model);
        model.blind.cut = !self.ended;
        model.blind.began_late = model.server.as_ref().is_some_and(|server| server.already);
        model.attempts = attempts::group(&model, &self.looking);
        (model.era, model.era_seen) = era(&model, &self.looking);
        folders::gather(&mut model, &self.looking);
        model.models = attempts::models(&model);
        model
    }
}

/// The era, from what the server and its children did.
fn era(model: &Model, looking: &Looking) -> (Era, Option<Evidence>) {
    for child in &model.children {
        let era = match child.role.step() {
            Some(Step::Runner) => Era::Runner,
            Some(_) => Era::LlamaServer,
            None if child.role == Role::Program => Era::Ggml,
            None => continue,
        };
        let seen = child.process.map(|_| Evidence {
            at: super::model::At::Event(child.exec.unwrap_or(Seq(0))),
            text: Text::from(argv(&child.argv)),
        });
        return (era, seen);
    }
    looking
        .era()
        .map_or((Era::Unknown, None), |(era, seen)| (era, Some(seen)))
}

/// Arguments as one text.
fn argv(words: &[Text]) -> String {
    let words: Vec<&str> = words.iter().map(Text::as_str).collect();
    words.join(" ")
}
