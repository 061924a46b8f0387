//! Processes of an attempt that the server could not make: their folder is told by what the server did before.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::child::Building;
use super::roles::{base, folders};
use super::server::{Looking, is_below_library};
use crate::discover::model::{Era, Spawn};
use crate::discover::role::{Role, Step};
use crate::event::Text;
use crate::event::process::{ExecFailed, ForkFailed};

/// What the server is about to start.
#[derive(Clone, Debug, Default)]
pub(super) struct Preparing {
    /// Something speaks for an attempt since the last process that was not made.
    expected: bool,
    /// Base name of its folder, from the server's own line.
    dir: Option<Text>,
}

impl Preparing {
    /// A line, or the listing of a folder, comes before each attempt. `dirs` are its library folders, `[A B]` or `A:B`.
    pub(super) fn about_to_start(&mut self, dirs: Option<&str>) {
        self.expected = true;
        if let Some(dirs) = dirs {
            let last = match dirs.strip_prefix('[') {
                Some(words) => {
                    let mut parts = words.trim_end_matches(']').split([' ', ',']);
                    parts.next();
                    parts.rfind(|part| !part.is_empty())
                }
                None => folders(dirs).1,
            };
            self.dir = Some(Text::from(last.map_or("cpu", base)));
        }
    }

    /// An attempt was expected here; the next one must be told of anew.
    fn failed(&mut self) -> bool {
        std::mem::take(&mut self.expected)
    }
}

impl Looking {
    /// The role of a process that could not be made; `None` when no attempt was to begin. Threads come by clone3
    /// (pthread_create), processes by clone (Go's syscall.forkExec), one more of which only tests for pidfd.
    pub(super) fn role_not_forked(&mut self, failed: &ForkFailed) -> Option<Role> {
        if failed.call.as_str() == "clone3" || !self.attempts.failed() {
            return None;
        }
        let step = match self.era() {
            Some((Era::LlamaServer, _)) => Step::Start,
            _ => Step::Runner,
        };
        Some(self.role(step))
    }

    /// The role of a child whose exec failed: only its program is known.
    pub(super) fn role_not_executed(&mut self, failed: &ExecFailed) -> Role {
        let file = failed.file.value().map_or("", |file| file.as_str());
        self.attempts.failed();
        self.role(if base(file).starts_with("llama-server") {
            Step::Start
        } else {
            Step::Runner
        })
    }

    /// The folder is that of the server's line; since 0.30 the one it listed last, just before (llm/llama_server.go). A
    /// runner's is not known from the system calls alone: empty.
    fn role(&mut self, step: Step) -> Role {
        let listed = (step == Step::Start).then(|| self.last_listed()).flatten();
        let dir = self.attempts.dir.take().or(listed);
        let dir = dir.unwrap_or_else(|| {
            let none = self.candidates().is_empty();
            Text::from(if none { "cpu" } else { "" })
        });
        Role::Attempt { step, dir, pass: 1 }
    }

    /// The folder below the library folder that the server listed last (it lists it again before each attempt).
    fn last_listed(&self) -> Option<Text> {
        let latest = self
            .lists
            .iter()
            .filter(|(path, _)| is_below_library(path.as_str()))
            .max_by_key(|(_, listing)| listing.seen.as_ref().map(|seen| seen.at.clone()))?;
        Some(Text::from(base(latest.0.as_str())))
    }

    /// Folders with a file that matches the server's pattern `*ggml-*` (discover/runner.go).
    fn candidates(&self) -> BTreeSet<Text> {
        self.lists
            .iter()
            .filter(|(path, listing)| {
                let fits = |name: &Text| name.as_str().contains("ggml-");
                is_below_library(path.as_str()) && listing.names.iter().any(fits)
            })
            .map(|(path, _)| Text::from(base(path.as_str())))
            .collect()
    }
}

/// Names the folders of runners that were not made, once that is certain: each candidate is tried once, so when as many
/// are left as failed, these are theirs.
pub(super) fn name_folders(children: &mut [Arc<Building>], looking: &Looking) {
    let tried: BTreeSet<Text> = children
        .iter()
        .filter_map(|child| child.role().dir().cloned())
        .collect();
    let mut left: Vec<Text> = looking
        .candidates()
        .into_iter()
        .filter(|name| !tried.contains(name))
        .collect();
    let nameless = |child: &&mut Arc<Building>| {
        child.role().dir().is_some_and(Text::is_empty) && *child.spawn() != Spawn::Done
    };
    if children.iter_mut().filter(nameless).count() != left.len() {
        return;
    }
    left.reverse();
    for child in children.iter_mut().filter(nameless) {
        if let Some(dir) = left.pop() {
            Arc::make_mut(child).name_folder(dir);
        }
    }
}
