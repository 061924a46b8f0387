//! Folders that hold backends, as listings show them, and the variables that name such folders.

use std::collections::{BTreeMap, BTreeSet};

use crate::event::{Event, Kind, Proc, Text};

use super::KEPT;

/// Variables that tell a program where its backends are: Ollama sets OLLAMA_LIBRARY_PATH for its runners up to
/// 0.24 and GGML_BACKEND_PATH from 0.30 on; ggml reads the latter (`ggml-backend-reg.cpp`).
const VARIABLES: [&str; 2] = ["GGML_BACKEND_PATH", "OLLAMA_LIBRARY_PATH"];

/// A folder in which somebody saw backends.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Folder {
    /// Backend files in it.
    pub names: BTreeSet<Text>,
    /// Who listed it.
    pub processes: BTreeSet<Proc>,
}

/// Folders and variables.
#[derive(Clone, Debug, Default)]
pub struct Folders {
    /// By path.
    pub listed: BTreeMap<Text, Folder>,
    /// Variable and value, and the processes that were started with it.
    pub variables: BTreeMap<(&'static str, Text), BTreeSet<Proc>>,
}

impl Folders {
    pub(super) fn push(&mut self, event: &Event) {
        match &event.kind {
            Kind::List(body) => {
                let backends = body.names.iter().filter(|name| is_backend(name.as_str()));
                let Some(path) = body.path.value() else {
                    return;
                };
                let names: Vec<Text> = backends.take(KEPT).cloned().collect();
                let room = self.listed.len() < KEPT || self.listed.contains_key(path);
                if !names.is_empty() && room {
                    let folder = self.listed.entry(path.clone()).or_default();
                    if folder.names.len() < KEPT {
                        folder.names.extend(names);
                    }
                    insert(&mut folder.processes, event.process);
                }
            }
            Kind::Exec(body) => {
                let list = body.env.value().map_or(&[][..], Vec::as_slice);
                for var in list {
                    let name = VARIABLES.iter().find(|name| **name == var.k.as_str());
                    if let (Some(name), Some(value)) = (name, &var.v)
                        && self.variables.len() < KEPT
                    {
                        let key = (*name, value.clone());
                        insert(self.variables.entry(key).or_default(), event.process);
                    }
                }
            }
            _ => {}
        }
    }
}

pub(super) fn insert(processes: &mut BTreeSet<Proc>, process: Option<Proc>) {
    if let Some(process) = process
        && processes.len() < KEPT
    {
        processes.insert(process);
    }
}

/// `libggml-cuda.so`, `libggml-cpu-haswell.so.0`; not a folder that only has ggml in its name.
fn is_backend(name: &str) -> bool {
    name.contains("ggml-") && name.contains(".so")
}
