//! Calls of ggml's loader in progress.
//!
//! In: `call`, `return` and `unfinished` events. Out: whether a load is running, and when the last one ended. Pure.

use std::collections::BTreeMap;

use crate::event::Seq;
use crate::event::call::Call;

/// The functions that look for every backend (ggml/src/ggml-backend-reg.cpp). The first calls the second.
const LOADERS: [&str; 2] = ["ggml_backend_load_all", "ggml_backend_load_all_from_path"];

/// Loads of all processes.
#[derive(Clone, Debug, Default)]
pub(super) struct Loads {
    /// Outermost call per process and thread.
    running: BTreeMap<(u32, u32), Seq>,
    ended: Option<u64>,
}

impl Loads {
    /// A function was entered. One without a recorded return cannot be waited for.
    pub(super) fn enter(&mut self, process: u32, tid: u32, seq: Seq, call: &Call) {
        if LOADERS.contains(&call.function.as_str()) && !call.entry_only {
            self.running.entry((process, tid)).or_insert(seq);
        }
    }

    /// A call came back, or was left.
    pub(super) fn leave(&mut self, call: Seq, time: u64) {
        let before = self.running.len();
        self.running.retain(|_, outermost| *outermost != call);
        if self.running.len() < before {
            self.ended = Some(time);
        }
    }

    /// A process ended, or runs another program now.
    pub(super) fn forget(&mut self, process: u32, time: u64) {
        let before = self.running.len();
        self.running.retain(|(owner, _), _| *owner != process);
        if self.running.len() < before {
            self.ended = Some(time);
        }
    }

    /// When the last load ended; `None` while one runs and before there was one.
    pub(super) fn ended(&self) -> Option<u64> {
        self.ended.filter(|_| self.running.is_empty())
    }
}
