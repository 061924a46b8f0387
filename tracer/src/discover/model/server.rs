//! `ollama serve`: what it is, and where it looks for libraries.

use crate::event::process::EnvVar;
use crate::event::{Errno, Proc, Text};

use super::{Crash, End, Evidence, Words};

/// The server.
#[derive(Clone, Debug, Default)]
pub struct Server {
    /// Its process; `None` in a log.
    pub process: Option<Proc>,
    /// Raw pid; 0 when not known.
    pub pid: u32,
    /// The file that runs.
    pub exe: Text,
    /// Its arguments.
    pub argv: Vec<Text>,
    /// Its working directory; empty when not known.
    pub cwd: Text,
    /// Effective user id; `None` when not known.
    pub uid: Option<u32>,
    /// Effective group id; `None` when not known.
    pub gid: Option<u32>,
    /// Control group, which names the unit or container.
    pub cgroup: Option<Text>,
    /// Its environment, as far as it was kept; in a log what `server config` printed.
    pub env: Vec<EnvVar>,
    /// All of the environment was seen, so that a variable that is not in `env` is not set.
    pub env_whole: bool,
    /// The loader ignores LD_LIBRARY_PATH and LD_PRELOAD (AT_SECURE).
    pub secure: bool,
    /// It was running when the recording began: what it did before was not seen.
    pub already: bool,
    /// How it chose its library folder.
    pub library_dir: LibraryDir,
    /// Where its exec was seen.
    pub seen: Option<Evidence>,
    /// The first signal that asks a server to end (SIGTERM, SIGINT), where it came before the discovery was over.
    pub told_to_end: Option<Evidence>,
    /// How it ended; unknown while it runs, and in a log.
    pub end: End,
    /// What the loader said of its own program and of what is preloaded into it.
    pub loader_words: Vec<Words>,
    /// Symbols that nothing in it defines, where the loader named one of them.
    pub lacks: Vec<Text>,
    /// Its own faults.
    pub crashes: Vec<Crash>,
    /// The library whose constructor was running when it ended.
    pub constructor: Option<Text>,
}

impl Server {
    /// The value of a variable; `None` when it is not set, or withheld, or not known.
    #[must_use]
    pub fn variable(&self, name: &str) -> Option<&Text> {
        self.env
            .iter()
            .find(|variable| variable.k.as_str() == name)?
            .v
            .as_ref()
    }

    /// The variable is set, whatever is known of its value.
    #[must_use]
    pub fn has_variable(&self, name: &str) -> bool {
        self.env.iter().any(|variable| variable.k.as_str() == name)
    }
}

/// How the server chose the folder of its libraries (ml/path.go; llm/llama_binary.go since 0.30).
#[derive(Clone, Debug, Default)]
pub struct LibraryDir {
    /// The folder; empty when it is not known.
    pub path: Text,
    /// The candidates it looked at, in order.
    pub tried: Vec<Tried>,
    /// Asking for the working directory failed, which empties the path in the runner era.
    pub no_cwd: Option<(Errno, Evidence)>,
    /// The server could not find out where its own program lies (`/proc/self/exe`), from which every path starts.
    pub no_exe: Option<(Errno, Evidence)>,
    /// It could not be listed: why.
    pub unreadable: Option<(Errno, Evidence)>,
    /// Where llama-server was looked for (0.30 and later).
    pub llama_server: Vec<Tried>,
    /// Names in the folder, as the server listed them.
    pub names: Option<Vec<Text>>,
    /// What told the path or the listing.
    pub seen: Option<Evidence>,
}

impl LibraryDir {
    /// The server does not know where its own program lies: it said so, or it looked for llama-server in build folders of its
    /// working directory alone. With a program, `../lib/ollama` beside it is always among the places (llm/llama_binary.go).
    #[must_use]
    pub fn is_program_unknown(&self) -> bool {
        let of_working_directory = |tried: &Tried| {
            let path = tried.path.as_str();
            tried.err.is_some()
                && (path.contains("/build/lib/ollama/") || path.contains("/dist/linux"))
        };
        let places = &self.llama_server;
        self.no_exe.is_some() || !places.is_empty() && places.iter().all(of_working_directory)
    }
}

/// A path that was looked at.
#[derive(Clone, Debug, PartialEq)]
pub struct Tried {
    /// The path.
    pub path: Text,
    /// Why it does not count; `None` when it is there.
    pub err: Option<Errno>,
    /// Where this was seen.
    pub seen: Evidence,
}
