//! What a process is to a discovery. The names are the same everywhere: JSON, viewer, diff, filters.
//!
//! `server`; `runner[DIR] pass N` (Ollama 0.12 to 0.24); `start[DIR] pass N`, `list[DIR] pass N`, `probe[DIR] pass N`
//! (0.30 and later); `refresh[DIR]`, `model[DIR]`; `program` for a ggml program that is no Ollama; `helper` for Go's
//! pidfd test child, gdb and lldb. DIR is the folder's base name, `toplevel` or `cwd` for files there, `cpu` for none.

use std::fmt;

use crate::event::Text;

/// Which process of an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Step {
    /// `ollama runner --ollama-engine --port N`, the only process of an attempt until 0.24.
    Runner,
    /// `llama-server --port N ...` without a model: started to read its `system_info:` line, then killed.
    Start,
    /// `llama-server --list-devices`: it alone makes devices.
    List,
    /// `ollama gpu-discover`: asks ggml and the driver by itself.
    Probe,
}

impl Step {
    /// As it stands in a role's name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Runner => "runner",
            Self::Start => "start",
            Self::List => "list",
            Self::Probe => "probe",
        }
    }
}

/// What a process is to a discovery.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// `ollama serve`.
    Server,
    /// One process of one attempt at one folder.
    Attempt {
        /// Which of the attempt's processes.
        step: Step,
        /// The folder's base name, or `cpu`.
        dir: Text,
        /// 1 for the first look, 2 for the validation of a device (GGML_CUDA_INIT).
        pass: u8,
    },
    /// A process that only asks for free memory before a model is loaded.
    Refresh {
        /// Which of the three processes, or the runner.
        step: Step,
        /// The folder's base name.
        dir: Text,
    },
    /// A process that serves a model.
    Model {
        /// Base name of the GPU folder it was given, or `cpu`.
        dir: Text,
    },
    /// A program that loads ggml backends by itself, with no Ollama around.
    Program,
    /// Go's pidfd test child, gdb, lldb and the like: never a candidate.
    Helper,
    /// Anything else in the tree.
    Other,
}

impl Role {
    /// The folder this process was started for.
    #[must_use]
    pub fn dir(&self) -> Option<&Text> {
        match self {
            Self::Attempt { dir, .. } | Self::Refresh { dir, .. } | Self::Model { dir } => {
                Some(dir)
            }
            _ => None,
        }
    }

    /// Which process of an attempt or refresh.
    #[must_use]
    pub const fn step(&self) -> Option<Step> {
        match self {
            Self::Attempt { step, .. } | Self::Refresh { step, .. } => Some(*step),
            _ => None,
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Server => f.write_str("server"),
            Self::Attempt { step, dir, pass } => write!(f, "{}[{dir}] pass {pass}", step.name()),
            Self::Refresh {
                step: Step::Runner,
                dir,
            } => write!(f, "refresh[{dir}]"),
            Self::Refresh { step, dir } => write!(f, "refresh[{dir}] {}", step.name()),
            Self::Model { dir } => write!(f, "model[{dir}]"),
            Self::Program => f.write_str("program"),
            Self::Helper => f.write_str("helper"),
            Self::Other => f.write_str("other"),
        }
    }
}
