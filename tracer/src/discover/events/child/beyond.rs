//! What is kept of a process that did or said more than is kept of one: what decides comes last.
//!
//! A model's process makes ten thousands of calls before one fails, and prints a table before its last words.

use std::collections::{BTreeMap, VecDeque};

use super::super::FEW;
use crate::discover::model::{Child, DriverCall, Said};
use crate::event::Seq;

/// Calls that failed or never came back, and the last lines.
#[derive(Clone, Debug, Default)]
pub(super) struct Beyond {
    /// Calls that are open.
    pub(super) open: BTreeMap<Seq, DriverCall>,
    failed: Vec<DriverCall>,
    last: VecDeque<Said>,
}

impl Beyond {
    pub(super) fn kept(&self) -> usize {
        self.open.len() + self.failed.len() + self.last.len()
    }

    pub(super) fn begun(&mut self, call: DriverCall) {
        if self.open.len() < FEW {
            self.open.insert(call.seq, call);
        }
    }

    pub(super) fn came_back(&mut self, call: DriverCall) {
        if call.failed && self.failed.len() < FEW {
            self.failed.push(call);
        }
    }

    pub(super) fn said(&mut self, line: Said) {
        if self.last.len() >= FEW {
            self.last.pop_front();
        }
        self.last.push_back(line);
    }

    /// The child gets what decides, after all else.
    pub(super) fn put_into(&mut self, child: &mut Child) {
        child.calls.append(&mut self.failed);
        child
            .calls
            .extend(std::mem::take(&mut self.open).into_values());
        child.said.extend(self.last.drain(..));
    }
}
