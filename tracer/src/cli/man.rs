//! `vgputrace man`.

use std::path::PathBuf;

use crate::cmd::man::Props;

/// Options of `man`.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "\
Examples:
  vgputrace man | man -l -
  sudo vgputrace man /usr/local/share/man/man1")]
pub struct Args {
    /// Write vgputrace.1 and a page for each command to this folder, which must exist.
    #[arg(value_name = "DIR")]
    folder: Option<PathBuf>,
}

impl Args {
    /// The same without clap.
    #[must_use]
    pub fn into_props(self) -> Props {
        Props {
            folder: self.folder,
        }
    }
}
