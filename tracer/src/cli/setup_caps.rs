//! `vgputrace setup-caps`.

use crate::cmd::setup_caps::Props;

/// Options of `setup-caps`; what the command does is said at `Command::SetupCaps`.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "\
Whoever may execute the file has these rights then: leave it to a group (chgrp, chmod 750) where that matters.

Examples:
  vgputrace setup-caps
  sudo vgputrace setup-caps --apply")]
pub struct Args {
    /// Run the command instead of printing it; needs root.
    #[arg(long)]
    apply: bool,
}

impl Args {
    /// The same without clap.
    #[must_use]
    pub fn into_props(self) -> Props {
        Props { apply: self.apply }
    }
}
