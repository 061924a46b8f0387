//! Servers that run already: which one tells of the file system that is looked at, and which one has a file system of its
//! own (a container, chroot(2), a mount namespace).
//!
//! Input: a [`Question`] and /proc. Output: process ids. Reads only; a process of another user is looked at as far as the
//! kernel allows.

use std::fs::{self, File};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use super::Question;
use super::server::UNIT;
use crate::event::Text;
use crate::event::tree::Apart;
use crate::source::advice::{self, Server};
use crate::source::host::below;
use crate::source::library::Root;
use crate::source::place::is_elsewhere;
use crate::source::running::container;
use crate::source::unit;

/// Running servers, by how much each may tell.
#[derive(Debug, Default)]
pub(super) struct Running {
    /// The first one of this file system that may be looked at; with a program named, the first that executes that file.
    pub(super) chosen: Option<u32>,
    /// The first one with a file system of its own.
    pub(super) other: Option<u32>,
    /// The first one of which nothing may be seen.
    pub(super) unseen: Option<u32>,
}

/// Looks at all of them.
pub(super) fn look(question: &Question<'_>) -> Running {
    let mut found = Running::default();
    let proc = below(question.root, "/proc");
    let file_of_program = |program: &Path| {
        let file = Root::new(question.root).locate(&question.cwd.join(program));
        file.ok().map(|located| identity(&located.metadata))
    };
    // No server belongs to libraries without a program.
    let named = match (question.program, question.library_dir) {
        (Some(program), _) => Some(file_of_program(program)),
        (None, Some(_)) => Some(None),
        (None, None) => None,
    };
    for server in advice::running_server(&proc).unwrap_or_default() {
        let folder = proc.join(server.pid.to_string());
        match is_apart(question.root, &folder, &server) {
            Some(true) => found.other = found.other.or(Some(server.pid)),
            // The kernel asks for the same rights again when this file is opened.
            Some(false) if File::open(folder.join("environ")).is_ok() => {
                let runs = |wanted| file_of(&folder.join("exe")) == Some(wanted);
                if named.is_none_or(|wanted| wanted.is_some_and(runs)) {
                    found.chosen = found.chosen.or(Some(server.pid));
                }
            }
            _ => found.unseen = found.unseen.or(Some(server.pid)),
        }
    }
    // Another program was asked for.
    if named.is_some() {
        (found.other, found.unseen) = (None, None);
    }
    found
}

/// The server through whose root this machine's Ollama is to be looked at: one with a file system of its own, where
/// neither a unit nor a server of this one tells how Ollama is started, and no program is named.
pub(super) fn elsewhere(question: &Question<'_>) -> Option<PathBuf> {
    let named = question.program.is_some() || question.library_dir.is_some();
    if question.root != Path::new("/") || named {
        return None;
    }
    let unit = unit::load(UNIT, question.root).ok();
    if unit.is_some_and(|unit| unit::resolve(&unit, question.accounts, question.root).is_ok()) {
        return None;
    }
    let running = look(question);
    let root = PathBuf::from(format!("/proc/{}/root", running.other?));
    (running.chosen.is_none() && fs::read_dir(&root).is_ok()).then_some(root)
}

/// What is different about the file system of a process; nothing where it shares the caller's.
pub(super) fn apart(pid: u32) -> Option<Apart> {
    if !is_elsewhere(pid)? {
        return None;
    }
    let folder = Path::new("/proc").join(pid.to_string());
    let server = advice::server::described(Path::new("/proc"), pid);
    let group = server.cgroup.as_deref().and_then(container::of_group);
    Some(Apart {
        pid,
        own_root: file_of(&folder.join("root")) != file_of(Path::new("/")),
        engine: group.and_then(|(engine, _)| engine).map(Text::from),
        container: group.map(|(_, id)| Text::from(id)),
    })
}

/// It does not live below this root; `None` when that may not be seen.
fn is_apart(root: &Path, folder: &Path, server: &Server) -> Option<bool> {
    if root == Path::new("/") {
        return is_elsewhere(server.pid);
    }
    Some(file_of(&folder.join("root"))? != file_of(root)?)
}

/// Device and inode of what a path leads to.
fn file_of(path: &Path) -> Option<(u64, u64)> {
    fs::metadata(path).ok().as_ref().map(identity)
}

fn identity(metadata: &fs::Metadata) -> (u64, u64) {
    (metadata.dev(), metadata.ino())
}
