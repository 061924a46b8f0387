//! Who is whose child, who is a server, who runs a model.
//!
//! In: fork, exec and exit. Out: whether a server still has discovery children. Pure. Processes are told by their
//! number, which does not come back; events may come late and in any order.

use std::collections::{BTreeMap, BTreeSet};

use crate::event::Text;
use crate::event::process::Exec;
use crate::source::advice::is_server_command;

/// Longest chain of parents that is followed.
const DEPTH: usize = 64;

/// The traced processes.
#[derive(Clone, Debug, Default)]
pub(super) struct Tree {
    parents: BTreeMap<u32, u32>,
    alive: BTreeSet<u32>,
    gone: BTreeSet<u32>,
    servers: BTreeSet<u32>,
    /// Processes that load a model: started by a request, no part of discovery.
    models: BTreeSet<u32>,
    last_gone: u64,
}

impl Tree {
    /// A process has a child.
    pub(super) fn fork(&mut self, parent: u32, child: u32) {
        if parent == child {
            return;
        }
        self.parents.insert(child, parent);
        self.seen(child);
    }

    fn seen(&mut self, process: u32) {
        if !self.gone.contains(&process) {
            self.alive.insert(process);
        }
    }

    /// A process runs another program now.
    pub(super) fn exec(&mut self, process: u32, exec: &Exec) {
        let parent = exec.parent.map(|parent| parent.number);
        if let Some(parent) = parent.filter(|parent| *parent != process) {
            self.parents.entry(process).or_insert(parent);
        }
        self.seen(process);
        let argv: Vec<&str> = exec
            .argv
            .value()
            .map(|argv| argv.iter().map(Text::as_str).collect())
            .unwrap_or_default();
        set(&mut self.servers, process, is_server_command(&argv));
        set(
            &mut self.models,
            process,
            argv.iter()
                .any(|word| *word == "--model" || word.starts_with("--model=")),
        );
        // Whatever its file is called, the parent of Ollama's own workers is a server.
        if let (Some("runner" | "gpu-discover"), Some(parent)) =
            (argv.get(1).copied(), self.parents.get(&process))
        {
            self.servers.insert(*parent);
        }
    }

    /// A process has ended.
    pub(super) fn exit(&mut self, process: u32, time: u64) {
        self.alive.remove(&process);
        self.gone.insert(process);
        let server = self.servers.remove(&process);
        if !server && !self.is_model(process) {
            self.last_gone = self.last_gone.max(time);
        }
    }

    /// `process` and those above it.
    fn line(&self, process: u32) -> impl Iterator<Item = u32> {
        std::iter::successors(Some(process), |one| self.parents.get(one).copied()).take(DEPTH)
    }

    /// It loads a model, or is below one that does.
    pub(super) fn is_model(&self, process: u32) -> bool {
        self.line(process).any(|one| self.models.contains(&one))
    }

    /// An `ollama serve` runs.
    pub(super) fn has_server(&self) -> bool {
        !self.servers.is_empty()
    }

    /// It is an `ollama serve`.
    pub(super) fn is_server(&self, process: u32) -> bool {
        self.servers.contains(&process)
    }

    /// A process below `server` runs that is no model's.
    pub(super) fn has_discovery_child(&self, server: u32) -> bool {
        self.alive.iter().any(|process| {
            *process != server
                && self.line(*process).any(|one| one == server)
                && !self.is_model(*process)
        })
    }

    /// When the last process that is neither a server nor a model's ended.
    pub(super) fn last_child_gone(&self) -> u64 {
        self.last_gone
    }
}

fn set(members: &mut BTreeSet<u32>, process: u32, member: bool) {
    if member {
        members.insert(process);
    } else {
        members.remove(&process);
    }
}
