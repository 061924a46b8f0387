//! Says when a discovery is over, from the events alone.
//!
//! In: every event of the traced tree, and the time. Out: over or not, and when to ask again. Pure: no clock, no I/O.
//!
//! ```text
//! ollama serve in the tree:  "inference compute" written -> discovery children gone -> 500 ms quiet -> over
//! none:                      outermost ggml load came back -> 500 ms without another load -> over
//! a pattern is given:        a line of any process matches -> over
//! ```
//!
//! After a discovery that ran into Ollama's time limit, lines follow the final one: the goroutine that was left behind
//! writes them (seen with Ollama 0.32.8). The wait after a ggml load lets its log thread write what it holds.

use std::collections::BTreeMap;

use regex::bytes::Regex;

use self::lines::Lines;
use self::loads::Loads;
use self::tree::Tree;
use crate::event::call::Because;
use crate::event::output::Output;
use crate::event::{Event, Kind};

mod lines;
mod loads;
mod tree;

#[cfg(test)]
mod tests;

/// How long nothing must happen, in nanoseconds.
const QUIET: u64 = 500_000_000;

/// A server that never falls silent (requests at debug level) is not waited for longer than this, in nanoseconds,
/// after its final line and its last discovery child.
const NOISE: u64 = 5_000_000_000;

/// A child that cannot be killed (it hangs in the kernel) is not waited for longer than this after the final line. The
/// longest of Ollama's own limits is 30 s.
const STUCK: u64 = 30_000_000_000;

/// What ends the recording.
#[derive(Clone, Debug)]
pub enum Until {
    /// The end of discovery.
    Discovery,
    /// A line that matches, of any traced process.
    Pattern(Regex),
}

/// Follows a tree of processes until its discovery is over.
#[derive(Clone, Debug)]
pub struct DiscoveryEnd {
    until: Until,
    lines: Lines,
    /// A line matched the pattern.
    matched: bool,
    tree: Tree,
    loads: Loads,
    /// Processes that wrote the final line, and the time of its first one.
    reports: BTreeMap<u32, u64>,
    /// The last event that counts as a sign of discovery.
    busy: u64,
}

impl DiscoveryEnd {
    /// Nothing seen yet.
    #[must_use]
    pub fn new(until: Until) -> Self {
        Self {
            until,
            lines: Lines::default(),
            matched: false,
            tree: Tree::default(),
            loads: Loads::default(),
            reports: BTreeMap::new(),
            busy: 0,
        }
    }

    /// Takes the next event. Late ones may come in any order.
    pub fn observe(&mut self, event: &Event) {
        let Some(process) = event.process.map(|process| process.number) else {
            return;
        };
        let (time, tid) = (event.time, event.tid.unwrap_or(0));
        match &event.kind {
            Kind::Output(output) => self.output(process, output, time),
            Kind::Fork(fork) => self.tree.fork(process, fork.child.number),
            Kind::Exec(exec) => {
                self.tree.exec(process, exec);
                self.loads.forget(process, time);
            }
            Kind::Exit(_) => self.exit(process, time),
            Kind::Call(call) => self.loads.enter(process, tid, event.seq, call),
            Kind::Return(back) => self.loads.leave(back.call, time),
            Kind::Unfinished(open) if open.because != Because::Slow => {
                if let Some(call) = open.call {
                    self.loads.leave(call, time);
                }
            }
            _ => {}
        }
        if is_sign(&event.kind) && !self.tree.is_model(process) {
            self.busy = self.busy.max(time);
        }
    }

    fn output(&mut self, process: u32, output: &Output, time: u64) {
        let Self {
            lines,
            until,
            matched,
            reports,
            ..
        } = self;
        lines.write((process, output.fd), output, time, |line| match until {
            Until::Pattern(pattern) => *matched |= pattern.is_match(line),
            Until::Discovery if is_final(line) => {
                reports.entry(process).or_insert(time);
            }
            Until::Discovery => {}
        });
    }

    fn exit(&mut self, process: u32, time: u64) {
        let (until, matched) = (&self.until, &mut self.matched);
        self.lines.close(process, |line| {
            if let Until::Pattern(pattern) = until {
                *matched |= pattern.is_match(line);
            }
        });
        self.loads.forget(process, time);
        self.tree.exit(process, time);
    }

    /// It is over at `now` (CLOCK_BOOTTIME, nanoseconds), provided that every event before `now` was observed.
    pub fn over(&mut self, now: u64) -> bool {
        if let Until::Pattern(pattern) = &self.until {
            let matched = &mut self.matched;
            self.lines.rest(now.saturating_sub(QUIET), |line| {
                *matched |= pattern.is_match(line);
            });
            return self.matched;
        }
        self.end().is_some_and(|end| now >= end)
    }

    /// When [`Self::over`] may change its answer without another event; `None` when it takes one.
    #[must_use]
    pub fn next_deadline(&self) -> Option<u64> {
        match &self.until {
            Until::Pattern(_) if self.matched => Some(0),
            Until::Pattern(_) => self.lines.oldest().map(|since| since.saturating_add(QUIET)),
            Until::Discovery => self.end(),
        }
    }

    /// When it is over if nothing more happens.
    fn end(&self) -> Option<u64> {
        if !self.tree.has_server() && self.reports.is_empty() {
            return Some(self.loads.ended()?.saturating_add(QUIET));
        }
        let (server, reported) = self.report()?;
        let stuck = reported.saturating_add(STUCK);
        if self.tree.has_discovery_child(server) {
            return Some(stuck);
        }
        let since = reported.max(self.tree.last_child_gone());
        let quiet = self.busy.max(reported).saturating_add(QUIET);
        Some(quiet.min(since.saturating_add(NOISE)))
    }

    /// Who wrote the final line, and when. Where a server is known the line must be its own: `tee` writes it too.
    fn report(&self) -> Option<(u32, u64)> {
        let known = self.tree.has_server();
        self.reports
            .iter()
            .map(|(process, time)| (*process, *time))
            .filter(|(process, _)| !known || self.tree.is_server(*process))
            .min_by_key(|(_, time)| *time)
    }
}

/// The line Ollama writes once per device, or once for the CPU, when discovery is done (discover/types.go). It is the
/// same text from 0.12 to 0.32.
fn is_final(line: &[u8]) -> bool {
    let words = b"inference compute";
    line.windows(words.len()).any(|window| window == words)
}

/// Discovery may still be going on: words, processes, libraries, calls. What a server does for its clients and caches
/// (files, sockets) is no sign.
fn is_sign(kind: &Kind) -> bool {
    matches!(
        kind,
        Kind::Output(_)
            | Kind::Fork(_)
            | Kind::Exec(_)
            | Kind::ExecFailed(_)
            | Kind::Exit(_)
            | Kind::Map(_)
            | Kind::Call(_)
            | Kind::Return(_)
            | Kind::LoaderError(_)
    )
}
