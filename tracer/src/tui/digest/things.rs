//! What processes said and which libraries they mapped: lists with a limit in number and in bytes; what goes beyond
//! it is counted.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::event::library::{Map, Unmap};
use crate::event::{Event, Kind, Proc, Text};
use crate::view::lines::Lines;

/// Entries of each list.
const MAX_EACH: usize = 100_000;
/// Bytes of all lines together.
const MAX_BYTES: usize = 16 << 20;
/// Characters of a line: more than a screen is wide.
const MAX_LINE: usize = 400;

/// A line that a process wrote.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(in crate::tui) struct Word {
    pub(in crate::tui) index: u64,
    pub(in crate::tui) time: u64,
    pub(in crate::tui) process: Option<Proc>,
    pub(in crate::tui) text: String,
}

/// All of them.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(in crate::tui) struct Words {
    pub(in crate::tui) list: Vec<Word>,
    /// Lines that were left out.
    pub(in crate::tui) more: u64,
    #[serde(skip)]
    bytes: usize,
    #[serde(skip)]
    lines: Lines,
}

impl Words {
    /// Takes an event of output; lines are told when they are whole.
    pub(super) fn push(&mut self, event: &Event, index: u64, since_begin: impl Fn(u64) -> u64) {
        let mut whole = Vec::new();
        self.lines.push(event.clone(), &mut whole);
        for event in whole {
            let Kind::Output(output) = &event.kind else {
                continue;
            };
            let Some(text) = output.text.value() else {
                continue;
            };
            for line in text.as_str().lines().filter(|line| !line.is_empty()) {
                if self.list.len() >= MAX_EACH || self.bytes >= MAX_BYTES {
                    self.more += 1;
                    continue;
                }
                let text: String = line.chars().take(MAX_LINE).collect();
                self.bytes += text.len();
                self.list.push(Word {
                    index,
                    time: since_begin(event.time),
                    process: event.process,
                    text,
                });
            }
        }
    }
}

/// A mapped library.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(in crate::tui) struct Mapped {
    pub(in crate::tui) index: u64,
    /// Index of the event that gave it back.
    pub(in crate::tui) gone: Option<u64>,
    pub(in crate::tui) process: Option<Proc>,
    pub(in crate::tui) path: Text,
}

/// All of them.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(in crate::tui) struct Libraries {
    pub(in crate::tui) list: Vec<Mapped>,
    /// Mappings that were left out.
    pub(in crate::tui) more: u64,
    #[serde(skip)]
    bytes: usize,
    /// Place in the list, by process and address.
    #[serde(skip)]
    mapped: BTreeMap<(u32, u64), usize>,
}

impl Libraries {
    pub(super) fn map(&mut self, event: &Event, map: &Map, index: u64) {
        let Some(path) = map.path.value().filter(|_| map.err.is_none()) else {
            return;
        };
        if self.list.len() >= MAX_EACH || self.bytes >= MAX_BYTES {
            self.more += 1;
            return;
        }
        self.bytes += path.as_str().len();
        if let (Some(process), Some(address)) = (event.process, map.address) {
            self.mapped
                .insert((process.number, address.0), self.list.len());
        }
        self.list.push(Mapped {
            index,
            gone: None,
            process: event.process,
            path: path.clone(),
        });
    }

    pub(super) fn unmap(&mut self, event: &Event, unmap: &Unmap, index: u64) {
        let key = event
            .process
            .map(|process| (process.number, unmap.address.0));
        let at = key.and_then(|key| self.mapped.remove(&key));
        if let Some(known) = at.and_then(|at| self.list.get_mut(at)) {
            known.gone = Some(index);
        }
    }
}
