//! Processes: who started whom, what they ran, how they ended.

use std::collections::BTreeMap;

use crate::event::{Event, Kind, Proc, Seen, Text};

use super::KEPT;

/// One process number, all its programs.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Process {
    /// Raw pid.
    pub pid: Option<u32>,
    /// Who made it.
    pub parent: Option<u32>,
    /// The last generation seen.
    pub generation: u32,
    /// The programs it ran, in order: path and arguments after the first.
    pub programs: Vec<(Seen<Text>, Vec<Text>)>,
    /// It was there when the recording began.
    pub already: bool,
    /// Nanoseconds since the recording began, of its first event.
    pub begin: u64,
    /// Of its exit.
    pub end: Option<u64>,
    /// Exit code.
    pub code: Option<u8>,
    /// Signal that ended it.
    pub signal: Option<Text>,
}

impl Process {
    /// Only forked, never ran a program of its own, and ended well: a test or helper child.
    #[must_use]
    pub fn is_trivial(&self) -> bool {
        self.programs.is_empty() && self.parent.is_some() && self.code == Some(0)
    }
}

/// All processes by number.
#[derive(Clone, Debug, Default)]
pub struct Processes {
    /// By number, in order of appearance.
    pub known: BTreeMap<u32, Process>,
    /// How many were not kept.
    pub dropped: u64,
}

impl Processes {
    pub(super) fn push(&mut self, event: &Event, since: u64) {
        match &event.kind {
            Kind::Fork(body) => {
                let parent = event.process.map(|parent| parent.number);
                if let Some(child) = self.entry(body.child, since) {
                    child.pid = Some(body.pid);
                    child.parent = parent.or(child.parent);
                }
            }
            Kind::Exec(body) => {
                let Some(process) = event.process.and_then(|of| self.entry(of, since)) else {
                    return;
                };
                process.pid = Some(body.pid);
                process.already |= body.already;
                let own = event.process.map(|own| own.number);
                let parent = body
                    .parent
                    .map(|parent| parent.number)
                    .filter(|_| own.is_some());
                if process.parent.is_none() && parent != own {
                    process.parent = parent;
                }
                let list = body.argv.value().map_or(&[][..], Vec::as_slice);
                let arguments = list.iter().skip(1).take(64).cloned().collect();
                if process.programs.len() < 64 {
                    process.programs.push((body.exe.clone(), arguments));
                }
            }
            Kind::Exit(body) => {
                if let Some(process) = event.process.and_then(|of| self.entry(of, since)) {
                    process.end = Some(since);
                    process.code = body.code;
                    process.signal = body.signal.clone();
                    process.pid = process.pid.or(Some(body.pid));
                }
            }
            _ => {
                if let Some(process) = event.process {
                    self.entry(process, since);
                }
            }
        }
    }

    fn entry(&mut self, process: Proc, since: u64) -> Option<&mut Process> {
        if !self.known.contains_key(&process.number) {
            if self.known.len() >= KEPT {
                self.dropped += 1;
                return None;
            }
            let new = Process {
                begin: since,
                ..Process::default()
            };
            self.known.insert(process.number, new);
        }
        let known = self.known.get_mut(&process.number)?;
        known.generation = known.generation.max(process.generation);
        Some(known)
    }

    /// Processes as a tree, parents first: depth and number. A loop in a damaged trace ends up at the top.
    #[must_use]
    pub fn tree(&self) -> Vec<(usize, u32)> {
        let mut children: BTreeMap<Option<u32>, Vec<u32>> = BTreeMap::new();
        for (number, process) in &self.known {
            // A parent has the smaller number; anything else is damage.
            let parent = process
                .parent
                .filter(|parent| parent < number && self.known.contains_key(parent));
            children.entry(parent).or_default().push(*number);
        }
        let mut rows = Vec::new();
        let mut open: Vec<(usize, u32)> = Vec::new();
        let push = |open: &mut Vec<(usize, u32)>, depth: usize, parent: Option<u32>| {
            let list = children.get(&parent).map_or(&[][..], Vec::as_slice);
            open.extend(list.iter().rev().map(|child| (depth, *child)));
        };
        push(&mut open, 0, None);
        while let Some((depth, number)) = open.pop() {
            rows.push((depth, number));
            push(&mut open, depth + 1, Some(number));
        }
        rows
    }
}
