//! What `doctor` finds out about a machine: facts only, and no event of a trace. Rules over them are in `view::doctor`.
//!
//! Every field is always written to JSON, `null` when it could not be seen, so that programs find the same keys on every
//! machine.

pub mod attempt;
pub mod kernel;
pub mod library_tree;
pub mod limits;
pub mod rights;
pub mod service;

use std::collections::BTreeMap;

use serde::Serialize;

use super::Text;
use super::host::Host;
use super::library::Library;

pub use attempt::Attempt;
pub use kernel::Kernel;
pub use library_tree::{Folder, Ollama, Rule, Tree};
pub use limits::{Cost, Limits};
pub use rights::Rights;
pub use service::{Server, Service, User};

/// All that was found out.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Facts {
    /// Version of this program.
    pub tool: Text,
    /// The machine, as a recording's first line tells it.
    pub host: Host,
    /// What this process may do.
    pub rights: Rights,
    /// What the kernel offers, and what it let this process do.
    pub kernel: Kernel,
    /// What a recording needs, and what there is.
    pub limits: Limits,
    /// What recording costs other processes; only when it was measured.
    pub cost: Option<Cost>,
    /// The Ollama installation, if one was found.
    pub ollama: Option<Ollama>,
    /// Driver and runtime libraries that the dynamic loader finds.
    pub drivers: Vec<Driver>,
    /// The service and its user; the caller where there is no service.
    pub service: Service,
    /// Servers that run; nothing when the processes could not be listed.
    pub servers: Option<Vec<Server>>,
    /// Names of the groups that own device nodes, as far as /etc/group tells.
    pub groups: BTreeMap<u32, Text>,
}

/// A driver or runtime library.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Driver {
    /// The name programs ask the loader for: `libcuda.so.1`.
    pub name: Text,
    /// The loader's own table (`cache`), or a folder it searches by default (`folder`).
    pub via: Text,
    /// The file that answers.
    pub file: Library,
}
