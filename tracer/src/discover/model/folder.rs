//! A folder that may hold a backend, as the server saw it.

use crate::event::{Errno, Text};

use super::Evidence;

/// Where a backend file lies.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Place {
    /// A folder below the library folder: `lib/ollama/cuda_v12`. The only place where the server looks for candidates.
    #[default]
    Below,
    /// The library folder itself (`toplevel`).
    TopLevel,
    /// The working directory of the server (`cwd`; llama-server and plain ggml programs look there).
    WorkingDirectory,
    /// No folder at all: the attempt without a GPU folder (`cpu`).
    Nowhere,
    /// Somewhere else: named by GGML_BACKEND_PATH, GGML_BACKEND_DIR or by the program.
    Elsewhere,
}

/// A folder that may hold a backend.
#[derive(Clone, Debug, Default)]
pub struct Folder {
    /// Base name, or `toplevel`, `cwd`, `cpu`.
    pub name: Text,
    /// Absolute path, as Ollama writes it; empty where the log does not tell.
    pub path: Text,
    /// Where it lies.
    pub place: Place,
    /// The server (or the program) met its name in a listing or asked for it: what was seen.
    pub seen: Option<Evidence>,
    /// It could not be listed, or its entry could not be looked at: why, and where that was seen.
    pub unreadable: Option<(Errno, Evidence)>,
    /// The entry exists and is no folder.
    pub no_folder: Option<Evidence>,
    /// The entry is a symbolic link that leads nowhere.
    pub dangling: Option<Evidence>,
    /// Names in it, as the server listed them; `None` when it was never listed.
    pub names: Option<Vec<Text>>,
    /// The listing that gave `names`.
    pub listed: Option<Evidence>,
    /// Those of `names` that match the server's pattern `*ggml-*`, sorted: with none it is no candidate.
    pub matches: Vec<Text>,
    /// Somebody asked for it by name (OLLAMA_LLM_LIBRARY).
    pub requested: Option<Evidence>,
    /// The line with which the server passed it over, if it said so.
    pub skip_line: Option<Evidence>,
}

impl Folder {
    /// It exists as far as was seen.
    #[must_use]
    pub const fn exists(&self) -> bool {
        self.seen.is_some() || self.names.is_some()
    }

    /// The server had to take it for a candidate.
    #[must_use]
    pub fn is_candidate(&self) -> bool {
        !self.matches.is_empty() && matches!(self.place, Place::Below)
    }
}
