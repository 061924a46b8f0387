//! What `check` finds out about an installation, with no run at all: facts only, and no event of a trace. Rules over
//! them are in `diagnose::tree`.
//!
//! Paths are those inside the root that was looked at. What could not be seen is absent, never an error.

pub mod folder;
pub mod server;

use std::collections::BTreeMap;

use super::Text;
use super::host::{Host, Node};
use super::library::{Library, Resolved};

pub use folder::{Folder, LlamaServer, Load, Tree};
pub use server::{Apart, EnvironmentOf, Server, Variable};

/// All that was found out.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Facts {
    /// The folder that stands for `/`.
    pub root: Text,
    /// The machine below that root.
    pub host: Host,
    /// Who starts Ollama, as whom, with which variables.
    pub server: Server,
    /// Ollama's program; `None` when there is none.
    pub ollama: Option<Ollama>,
    /// Driver libraries as the loader finds them with the library folder and the server's variables, by name.
    pub drivers: Vec<Resolved>,
    /// Facts about the files that answer to needed names, by path.
    pub files: BTreeMap<Text, Library>,
    /// PCI devices with the ids of the virtual GPU, which a library in user space opens by itself.
    pub stubs: Vec<Stub>,
    /// Why the loader's cache (/etc/ld.so.cache) cannot be read.
    pub no_cache: Option<Text>,
    /// Names of the groups that own device nodes, as far as /etc/group tells.
    pub groups: BTreeMap<u32, Text>,
}

/// Ollama's program and what belongs to it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Ollama {
    /// The program as it was found.
    pub program: Text,
    /// How it was found: `--bin`, the unit's name, `PATH`, ...
    pub by: Text,
    /// Facts about the file behind it, links followed.
    pub file: Library,
    /// Why the kernel gives it more rights than its caller has (AT_SECURE), in a few words; `None` when it does not.
    pub secure: Option<Text>,
    /// Words of its own text that tell how it discovers.
    pub markers: Markers,
    /// Its library folder.
    pub tree: Tree,
    /// `llama-server`, looked for where 0.30 and later look.
    pub llama_server: LlamaServer,
}

/// Words in the program's file. Each stands in one era's programs only.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Markers {
    /// `--ollama-engine`: it starts `ollama runner` (0.12 to 0.24).
    pub runner: bool,
    /// `gpu-discover`: the hidden command of 0.30 and later.
    pub llama_server: bool,
    /// The file was searched to its end.
    pub whole: bool,
}

/// A PCI device that a virtual GPU's library maps by itself, through sysfs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stub {
    /// `0000:00:05.0`.
    pub address: Text,
    /// Its `resource0`, where it is there.
    pub resource: Option<Node>,
}
