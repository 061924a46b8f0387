//! Who is who: parents, execs, ends, and what each process is to the discovery.

use std::collections::{BTreeMap, BTreeSet};

use crate::discover::role::Role;
use crate::event::process::{Exec, Exit, Fork};
use crate::event::{Event, Proc, Seq};

use super::roles;

/// Processes remembered; one that forks without end must not fill the memory.
const MAX_PROCESSES: usize = 65_536;
/// Execs remembered of processes that run: each has an environment of up to some hundred KiB.
const MAX_EXECS: usize = 1_024;

/// Parents that are asked for: a server starts its children itself, or by a launcher or two.
const MOST_PARENTS: usize = 16;

/// One process, by its number.
#[derive(Clone, Debug, Default)]
pub(super) struct Known {
    parent: Option<u32>,
    generation: u32,
    role: Option<Role>,
    /// Its last exec.
    pub(super) exec: Option<(Exec, Seq)>,
    /// When that was.
    pub(super) begun: u64,
}

/// All of them.
#[derive(Clone, Debug, Default)]
pub(super) struct Processes {
    pub(super) known: BTreeMap<u32, Known>,
    /// Number of `ollama serve`: the first one, or one that begins after that has ended.
    pub(super) server: Option<u32>,
    /// That one has ended.
    server_ended: bool,
    /// Servers that began while that one ran, and run still: their children are none of this discovery.
    others: BTreeSet<u32>,
    /// Those of them that looked for devices.
    beside: BTreeSet<u32>,
    /// Execs that are kept in `known`.
    kept: usize,
}

impl Processes {
    pub(super) fn forked(&mut self, event: &Event, fork: &Fork) {
        if self.known.len() >= MAX_PROCESSES {
            return;
        }
        let known = self.known.entry(fork.child.number).or_default();
        known.parent = event.process.map(|parent| parent.number);
    }

    pub(super) fn executed(&mut self, event: &Event, exec: &Exec) {
        let Some(process) = event.process else { return };
        if self.known.len() >= MAX_PROCESSES && !self.known.contains_key(&process.number) {
            return;
        }
        let known = self.known.entry(process.number).or_default();
        known.parent = known
            .parent
            .or_else(|| exec.parent.map(|parent| parent.number));
        known.generation = process.generation;
        known.begun = event.time;
        let is_server = roles::is_server(exec);
        // Only a program that may turn out to use ggml is looked at again.
        if known.exec.is_some() || self.kept < MAX_EXECS {
            self.kept += usize::from(known.exec.is_none());
            known.exec = Some((exec.clone(), event.seq));
        }
        if is_server && (self.server.is_none() || self.server_ended) {
            self.server = Some(process.number);
            self.server_ended = false;
            known.role = Some(Role::Server);
            self.others.remove(&process.number);
        } else if is_server && self.server != Some(process.number) && self.others.len() < MAX_EXECS
        {
            self.others.insert(process.number);
        }
    }

    /// Servers that looked for devices while the one that is looked at ran.
    pub(super) fn beside(&self) -> usize {
        self.beside.len()
    }

    /// It is a process of a discovery, and whether that is of another server than the one that is looked at.
    pub(super) fn looks_for_another(&mut self, number: u32) -> bool {
        let of = self.another(number);
        if self.beside.len() < MAX_EXECS {
            self.beside.extend(of);
        }
        of.is_some()
    }

    fn another(&self, number: u32) -> Option<u32> {
        let parents = std::iter::successors(Some(number), |number| self.parent(*number));
        parents
            .take(MOST_PARENTS)
            .take_while(|number| Some(*number) != self.server)
            .find(|number| self.others.contains(number))
    }

    /// A child that ended well without a program of its own: Go tests with it whether pidfd works
    /// (os/pidfd_linux.go, checkPidfd).
    pub(super) fn exited(&mut self, event: &Event, exit: &Exit) {
        let Some(known) = event
            .process
            .and_then(|process| self.known.get_mut(&process.number))
        else {
            return;
        };
        if known.generation == 0 && exit.code == Some(0) && known.role.is_none() {
            known.role = Some(Role::Helper);
        }
        self.kept -= usize::from(known.exec.take().is_some());
        let number = event.process.map(|process| process.number);
        self.server_ended |= number.is_some() && number == self.server;
        if let Some(number) = number {
            self.others.remove(&number);
        }
    }

    pub(super) fn name(&mut self, number: u32, role: Role) {
        if let Some(known) = self.known.get_mut(&number) {
            known.role = Some(role);
        }
    }

    pub(super) fn parent(&self, number: u32) -> Option<u32> {
        self.known.get(&number)?.parent
    }

    pub(super) fn roles(&self) -> BTreeMap<Proc, Role> {
        self.known
            .iter()
            .map(|(number, known)| {
                let process = Proc {
                    number: *number,
                    generation: known.generation,
                };
                (process, known.role.clone().unwrap_or(Role::Other))
            })
            .collect()
    }
}
