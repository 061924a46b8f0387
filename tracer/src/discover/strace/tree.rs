//! Which thread belongs to which process, and which process made which.

use std::collections::{BTreeMap, BTreeSet};

use super::argument;
use super::line::What;
use super::order::Entry;

/// Calls that make a thread or a process.
pub(super) const MAKES: [&str; 4] = ["clone", "clone3", "fork", "vfork"];
/// Threads and processes that are told apart.
const MOST: usize = 65_536;
/// Threads that made each other are followed up to here.
const DEEPEST: usize = 64;

/// Threads and processes of a text.
#[derive(Clone, Debug, Default)]
pub(super) struct Tree {
    /// Who made a thread, and whether it is one of the maker's own process.
    makers: BTreeMap<u32, (u32, bool)>,
    /// Threads that became a program.
    programs: BTreeSet<u32>,
    /// Threads nobody was seen to make: whose they are, from who ended with them.
    guessed: BTreeMap<u32, u32>,
    follows: bool,
    /// A way of the server to end a child is among the traced calls.
    pub(super) shows_kills: bool,
    /// `write` is among them.
    pub(super) shows_words: bool,
}

impl Tree {
    /// From all lines.
    pub(super) fn new(lines: &[Entry<'_>]) -> Self {
        let mut tree = Self::default();
        let mut open: BTreeMap<u32, (&str, &str)> = BTreeMap::new();
        let first = lines.first().map(|entry| entry.tid);
        for entry in lines {
            tree.follows |= Some(entry.tid) != first;
            let (name, arguments, result) = match entry.what {
                What::Call(call) => (call.name, call.arguments, call.result),
                What::Begun(name, arguments) => {
                    if open.len() < MOST {
                        open.insert(entry.tid, (name, arguments));
                    }
                    if name == "execve" {
                        tree.program(entry.tid);
                    }
                    continue;
                }
                What::Resumed(name, rest) => {
                    let begun = open.remove(&entry.tid).map_or("", |(_, begun)| begun);
                    (
                        name,
                        begun,
                        rest.rsplit_once("= ").map_or("", |(_, result)| result),
                    )
                }
                _ => continue,
            };
            match name {
                "execve" => tree.program(entry.tid),
                "pidfd_send_signal" => tree.shows_kills = true,
                "write" | "writev" => tree.shows_words = true,
                name if MAKES.contains(&name) => tree.made(entry.tid, arguments, result),
                _ => {}
            }
        }
        tree.guess(lines);
        tree
    }

    fn program(&mut self, tid: u32) {
        if self.programs.len() < MOST {
            self.programs.insert(tid);
        }
    }

    fn made(&mut self, maker: u32, arguments: &str, result: &str) {
        let Some(Ok(made)) = argument::result(result) else {
            return;
        };
        if let Ok(made) = u32::try_from(made)
            && made > 0
            && self.makers.len() < MOST
        {
            let thread = arguments.contains("CLONE_THREAD");
            self.makers.insert(made, (maker, thread));
        }
    }

    /// All threads of a process end one after another: one that nobody was seen to make belongs to the program that ends in the
    /// same run of lines, else to the one before it by number.
    fn guess(&mut self, lines: &[Entry<'_>]) {
        let mut run: Vec<u32> = Vec::new();
        let mut first: Option<u32> = None;
        for entry in lines {
            first.get_or_insert(entry.tid);
            if matches!(entry.what, What::Exited(_) | What::Killed(..)) {
                if run.len() < MOST {
                    run.push(entry.tid);
                }
                if self.programs.contains(&entry.tid) {
                    for tid in run.drain(..) {
                        self.guessed.insert(tid, entry.tid);
                    }
                }
            } else {
                run.clear();
            }
            if self.guessed.len() >= MOST {
                return;
            }
        }
        let unknown: BTreeSet<u32> = lines
            .iter()
            .map(|entry| entry.tid)
            .filter(|tid| {
                !self.programs.contains(tid)
                    && !self.makers.contains_key(tid)
                    && !self.guessed.contains_key(tid)
                    && Some(*tid) != first
            })
            .take(MOST)
            .collect();
        for tid in unknown {
            let before = self.programs.range(..tid).next_back().copied();
            if let Some(program) = before {
                self.guessed.insert(tid, program);
            }
        }
    }

    /// The thread that gives the process its number.
    pub(super) fn leader(&self, tid: u32) -> u32 {
        let mut at = tid;
        for _ in 0..DEEPEST {
            if self.programs.contains(&at) {
                return at;
            }
            match self.makers.get(&at) {
                Some((maker, true)) => at = *maker,
                Some((_, false)) => return at,
                None => return self.guessed.get(&at).copied().unwrap_or(at),
            }
        }
        at
    }

    /// The process that made this one.
    pub(super) fn parent(&self, leader: u32) -> Option<u32> {
        let (maker, _) = self.makers.get(&leader)?;
        Some(self.leader(*maker))
    }

    /// A program was started, whatever came of it.
    pub(super) fn starts(&self) -> bool {
        !self.programs.is_empty()
    }

    /// More than one thread is in the text: strace followed what was made.
    pub(super) const fn follows(&self) -> bool {
        self.follows
    }
}
