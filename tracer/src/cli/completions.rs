//! `vgputrace completions`.

use clap_complete::Shell;

use crate::cmd::completions::Props;

/// Options of `completions`.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "\
Examples:
  vgputrace completions bash > /etc/bash_completion.d/vgputrace
  vgputrace completions zsh > ~/.zfunc/_vgputrace
  vgputrace completions fish > ~/.config/fish/completions/vgputrace.fish")]
pub struct Args {
    /// The shell.
    #[arg(value_enum)]
    shell: Shell,
}

impl Args {
    /// The same without clap's parser.
    #[must_use]
    pub fn into_props(self) -> Props {
        Props { shell: self.shell }
    }
}
