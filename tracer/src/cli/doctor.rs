//! `vgputrace doctor`.

use std::path::PathBuf;

use crate::cmd::doctor::Props;

/// Options of `doctor`; what the command does is said at `Command::Doctor`.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "\
Signs: + as it should be, - worth knowing, ! to be mended, X recording does not work

Exit codes:
  0  recording works, and nothing is to be mended
  1  recording works, and something is to be mended (!)
  2  recording does not work (X), or the command was called wrongly

Examples:
  vgputrace doctor
  sudo vgputrace doctor --measure
  vgputrace doctor --bin /usr/local/bin/ollama
  vgputrace doctor --json | jq -r '.findings[] | select(.level != \"ok\") | .sentence'")]
pub struct Args {
    /// Look at this Ollama, rather than the first on PATH. It is not started.
    #[arg(long, value_name = "FILE")]
    bin: Option<PathBuf>,

    /// Measure what a recording costs other processes, for half a second; needs the rights to record.
    #[arg(long)]
    measure: bool,

    /// All facts and findings as one line of JSON.
    #[arg(long)]
    json: bool,
}

impl Args {
    /// The same without clap.
    #[must_use]
    pub fn into_props(self) -> Props {
        Props {
            program: self.bin,
            measure: self.measure,
            json: self.json,
        }
    }
}
