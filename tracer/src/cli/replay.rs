//! `vgputrace replay`.

use std::path::PathBuf;

use crate::cmd::replay::Props;

/// Options of `replay`; what the command does is said at `Command::Replay`.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "\
Inside, ? shows the keys: f goes to the next failure, Space plays, / searches,
e filters, Tab turns to the next view, q leaves.

Exit codes:
  0  shown
  2  the trace cannot be read, or this is no terminal

Examples:
  vgputrace replay run.vgt")]
pub struct Args {
    /// The trace.
    #[arg(value_name = "TRACE")]
    trace: PathBuf,
}

impl Args {
    /// The same without clap.
    #[must_use]
    pub fn into_props(self) -> Props {
        Props { trace: self.trace }
    }
}
