//! Gathers what `doctor` tells: reads below a root folder, and attempts where only the running kernel knows.
//!
//! Input: a [`Question`]. Output: [`event::doctor`](crate::event::doctor) values. What cannot be seen is absent, never an
//! error. No program is executed, no file is made or changed, no device is opened; every read is bounded.
//!
//! ```text
//! rights, kernel (settings) --+
//! attempts (bpf, fanotify) ---+
//! library_tree, drivers ------+--> Facts --> view::doctor (rules, text)
//! service, servers, groups ---+
//! limits, measure ------------+
//! ```

mod attempts;
mod drivers;
mod kernel;
mod library_tree;
mod limits;
mod measure;
mod rights;
mod service;
#[cfg(test)]
mod tests;

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use super::host;
use super::library::Root;
use super::library::facts::{Detail, facts};
use super::user::Accounts;
use crate::event::Text;
use crate::event::doctor::Facts;

pub(super) use service::{caller, group_names, user};

/// What to look at.
pub struct Question<'a> {
    /// `/`, or a made-up tree.
    pub root: &'a Path,
    /// The current folder, absolute inside `root`.
    pub cwd: &'a Path,
    /// The variable PATH.
    pub path: Option<OsString>,
    /// Ollama's program, where the user names it.
    pub program: Option<&'a Path>,
    /// The file of this program.
    pub own: Option<PathBuf>,
    /// The user database.
    pub accounts: &'a dyn Accounts,
    /// Measure what recording costs others, for half a second.
    pub measure: bool,
}

/// Finds everything out.
#[must_use]
pub fn gather(question: &Question<'_>) -> Facts {
    let root = Root::new(question.root);
    let ollama = library_tree::read(question, &root);
    let rights = rights::read(question.root, question.own.as_deref());
    let (kernel, cost) = attempts::all(kernel::read(question.root), question.measure);
    let host = host::read(question.root);
    let program = ollama
        .as_ref()
        .map(|ollama| library_tree::path_of(&ollama.file.path));
    let owners = host.nodes.iter().map(|node| node.owner[1]);
    Facts {
        tool: Text::from(env!("CARGO_PKG_VERSION")),
        rights,
        kernel,
        limits: limits::read(question.root, question.cwd, program.as_deref(), &root),
        cost,
        drivers: drivers::read(program.as_deref(), question.cwd, &root),
        service: service::read(question.root, question.accounts),
        servers: service::servers(&question.root.join("proc")),
        groups: group_names(question.root, owners),
        ollama,
        host,
    }
}

/// The facts about one file.
fn file(path: &Path, root: &Root) -> crate::event::library::Library {
    facts(path, root, Detail::Plain)
}
