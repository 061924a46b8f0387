//! The facts of one discovery, in Ollama's own terms. Filled from a trace or from a log; a field that the source cannot
//! tell is empty, and [`Blind`] says how much an absence proves.

mod answer;
mod attempt;
mod blind;
mod child;
mod device;
mod evidence;
mod folder;
mod line;
mod load;
mod model_start;
mod search;
mod server;
mod starter;

pub use answer::{Answer, Reported};
pub use attempt::Attempt;
pub use blind::{Blind, LateAttach, LostRecords};
pub use child::{Child, Crash, DriverCall, End, Said, Spawn, Symbol};
pub use device::Device;
pub use evidence::{At, Evidence};
pub use folder::{Folder, Place};
pub use line::{Level, Line};
pub use load::{Init, Load, Missing, Outcome, Words};
pub use model_start::{ModelStart, Placed};
pub use search::Search;
pub use server::{LibraryDir, Server, Tried};
pub use starter::{Container, Starter, is_of_image};

use std::collections::BTreeMap;

use crate::event::host::Host;
use crate::event::library::Library;
use crate::event::{Proc, Seq, Text};

use super::role::Role;

/// How Ollama discovers, recognised from what the processes do (in a log: from the lines), never from a version.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Era {
    /// 0.12 to 0.24: one `ollama runner` for each folder.
    Runner,
    /// 0.30 and later: llama-server twice and `ollama gpu-discover` for each folder.
    LlamaServer,
    /// A ggml program (llama.cpp) without Ollama.
    Ggml,
    /// Nothing seen that tells.
    #[default]
    Unknown,
}

impl Era {
    /// As it stands in JSON.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Runner => "runner",
            Self::LlamaServer => "llama-server",
            Self::Ggml => "ggml",
            Self::Unknown => "unknown",
        }
    }
}

/// Where the facts come from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Origin {
    /// A recording.
    #[default]
    Trace,
    /// A log of the server, or of a ggml program.
    Log,
    /// The text of strace.
    Strace,
}

/// One discovery.
#[derive(Clone, Debug, Default)]
pub struct Model {
    /// What the facts were taken from.
    pub origin: Origin,
    /// How this Ollama discovers.
    pub era: Era,
    /// What told the era.
    pub era_seen: Option<Evidence>,
    /// Ollama's version in its own words, where it said it (`Listening on ... (version 0.16.3)`).
    pub version: Option<Text>,
    /// The command that was recorded, screened.
    pub command: Vec<Text>,
    /// The machine; `None` for a log.
    pub host: Option<Host>,
    /// What made the recording; `None` for what is none.
    pub recorder: Option<Recorder>,
    /// `ollama serve`, when one was seen.
    pub server: Option<Server>,
    /// Who starts it.
    pub starter: Starter,
    /// Every folder that exists, was asked for, or was tried, in order of its path.
    pub folders: Vec<Folder>,
    /// Every attempt at a folder, in order of its begin.
    pub attempts: Vec<Attempt>,
    /// The processes of the attempts, refreshes and models, and a plain ggml program, in order of their begin.
    pub children: Vec<Child>,
    /// The devices of the server's final list (`inference compute`), the CPU left out; with a plain ggml program those
    /// it registered.
    pub devices: Vec<Device>,
    /// The line that ends a discovery on the CPU (`inference compute id=cpu`).
    pub cpu_only: Option<Evidence>,
    /// The discovery is over: the final list was seen; a plain ggml program printed its list, or ended.
    pub finished: bool,
    /// Model starts, in order.
    pub models: Vec<ModelStart>,
    /// The server's own log lines that matter here, in order.
    pub lines: Vec<Line>,
    /// Roles of all processes of a trace.
    pub roles: BTreeMap<Proc, Role>,
    /// Facts about library files, by path.
    pub libraries: BTreeMap<Text, Library>,
    /// What could not be seen.
    pub blind: Blind,
    /// What the reader of the source has to say about the source itself, in plain sentences: several starts in one log,
    /// text that was left out.
    pub notes: Vec<String>,
    /// The GPU of this run is no real one: the recorder's sentence that says so (`run --shim`).
    pub virtual_gpu: Option<Text>,
}

/// What made a recording.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Recorder {
    /// `vgputrace 0.1.0`.
    pub tool: Text,
    /// `ebpf` or `ptrace`.
    pub engine: Text,
    /// Which driver calls were recorded, where it says so.
    pub calls: Option<Text>,
}

impl Model {
    /// Where something stands that is known by number only (`DriverCall::seq`): the event of a trace, the line of a log.
    #[must_use]
    pub const fn at(&self, seq: Seq) -> At {
        match self.origin {
            Origin::Trace | Origin::Strace => At::Event(seq),
            Origin::Log => At::Line(seq.0),
        }
    }

    /// The server ended before its discovery did: its processes ended with it, and others were never made.
    #[must_use]
    pub fn ends_with_server(&self) -> bool {
        let server = self.server.as_ref();
        !self.finished && server.is_some_and(|server| server.end != End::Unknown)
    }

    /// The folder of a base name (`cuda_v12`, `toplevel`, `cwd`).
    #[must_use]
    pub fn folder(&self, name: &str) -> Option<&Folder> {
        self.folders
            .iter()
            .find(|folder| folder.name.as_str() == name)
    }

    /// The attempts at a folder, by base name.
    pub fn attempts_at<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Attempt> + 'a {
        self.attempts
            .iter()
            .filter(move |attempt| attempt.dir.as_str() == name)
    }

    /// The processes of an attempt.
    pub fn children_of<'a>(&'a self, attempt: &'a Attempt) -> impl Iterator<Item = &'a Child> + 'a {
        attempt
            .children
            .iter()
            .filter_map(|index| self.children.get(*index))
    }

    /// The server's lines with this message, whole.
    pub fn lines_saying<'a>(&'a self, message: &'a str) -> impl Iterator<Item = &'a Line> + 'a {
        self.lines
            .iter()
            .filter(move |line| line.message.as_str() == message)
    }

    /// The value of a variable of the server; `None` when it is not set or not known.
    #[must_use]
    pub fn server_variable(&self, name: &str) -> Option<&Text> {
        self.server.as_ref()?.variable(name)
    }
}
