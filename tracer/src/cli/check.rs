//! `vgputrace check`.

use std::path::PathBuf;

use crate::cmd::check::Props;

/// Options of `check`; what the command does is said at `Command::Check`.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "\
Exit codes:
  0  nothing is wrong
  1  something keeps a backend or a GPU from being used
  2  there is no Ollama to look at, or the command was called wrongly

Examples:
  vgputrace check
  vgputrace check --bin /opt/ollama/bin/ollama
  sudo vgputrace check --root /proc/4711/root
  vgputrace check --json | jq -r '.backends[] | .name + \": \" + .state'")]
pub struct Args {
    /// Take this folder for `/`: a mounted image, or the root of a container's process (/proc/PID/root).
    #[arg(long, value_name = "DIR")]
    root: Option<PathBuf>,

    /// Look at this Ollama, rather than the one of the unit, of PATH or of the usual places. It is not started.
    #[arg(long, value_name = "FILE")]
    bin: Option<PathBuf>,

    /// The answer as one line of JSON; docs/check.schema.json describes it.
    #[arg(long)]
    json: bool,
}

impl Args {
    /// The same without clap.
    #[must_use]
    pub fn into_props(self) -> Props {
        Props {
            root: self.root,
            program: self.bin,
            json: self.json,
        }
    }
}
