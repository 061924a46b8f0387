//! `vgputrace try`, and the hidden command of its child.

use std::path::PathBuf;
use std::time::Duration;

use crate::cmd::try_load::Props;

/// Options of `try`; what the command does is said at `Command::Try`.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "\
Exit codes:
  0  it was loaded
  1  it was not: an error, a signal, or no end in time
  2  it could not be tried

Examples:
  vgputrace try /usr/local/lib/ollama/cuda_v12/libggml-cuda.so --like run.vgt:'runner[cuda_v12]'
  sudo vgputrace try --dir cuda_v12
  sudo vgputrace try --dir cuda_v12 --user ollama --json | jq .missing")]
pub struct Args {
    /// The library; with --dir the backend of that folder when absent.
    #[arg(value_name = "LIB", required_unless_present = "dir")]
    library: Option<PathBuf>,

    /// With the environment of a process of a trace: TRACE, or TRACE:ROLE such as run.vgt:'runner[cuda_v12]'.
    #[arg(
        long,
        value_name = "TRACE[:ROLE]",
        conflicts_with = "dir",
        required_unless_present = "dir"
    )]
    like: Option<PathBuf>,

    /// With the environment that the Ollama installed here would give for this backend folder.
    #[arg(long, value_name = "NAME")]
    dir: Option<String>,

    /// With --dir: this Ollama, rather than the one of the unit, of PATH or of the usual places.
    #[arg(long, value_name = "FILE", requires = "dir")]
    bin: Option<PathBuf>,

    /// As this user: NAME, UID, NAME:GROUP or UID:GID. Root tries as the recorded user or the unit's; others as themselves.
    #[arg(long, value_name = "USER")]
    user: Option<String>,

    /// Give up after so many seconds.
    #[arg(long, value_name = "SECONDS", default_value_t = 30, value_parser = clap::value_parser!(u64).range(1..=3600))]
    timeout: u64,

    /// The answer as one line of JSON.
    #[arg(long)]
    json: bool,
}

impl Args {
    /// The same without clap.
    #[must_use]
    pub fn into_props(self) -> Props {
        Props {
            library: self.library,
            like: self.like,
            dir: self.dir,
            program: self.bin,
            user: self.user,
            timeout: Duration::from_secs(self.timeout),
            json: self.json,
        }
    }
}
