//! `vgputrace shim`.

use std::path::PathBuf;

use clap::{Args as ClapArgs, Subcommand};

use crate::cmd::shim::Props;

/// Options of `shim`; what the command does is said at `Command::Shim`.
#[derive(Clone, Debug, ClapArgs)]
#[command(after_help = "\
Examples:
  sudo vgputrace run --shim --until discovery -- ollama serve
  vgputrace shim faults list
  vgputrace shim install ~/vgpu --fault driver-535
  eval \"$(vgputrace shim env ~/vgpu)\"
  vgputrace shim env ~/vgpu --unit > vgpu.conf")]
pub struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Clone, Debug, Subcommand)]
enum What {
    /// Write the libraries to a folder, with the links that programs open.
    Install {
        /// The folder; made when it is not there.
        #[arg(value_name = "DIR")]
        folder: PathBuf,
        /// Put this vgpu.toml beside them.
        #[arg(long, value_name = "FILE")]
        config: Option<PathBuf>,
        /// Let them fail like this. May be repeated.
        #[arg(long, value_name = "NAME")]
        fault: Vec<String>,
        /// Replace what is there under these names.
        #[arg(long)]
        replace: bool,
    },
    /// Print what makes a shell's programs use the libraries of a folder.
    Env {
        /// The folder.
        #[arg(value_name = "DIR")]
        folder: PathBuf,
        /// As a drop-in for a systemd unit.
        #[arg(long)]
        unit: bool,
    },
    /// The failures that are ready to use.
    Faults {
        #[command(subcommand)]
        what: Faults,
    },
}

#[derive(Clone, Debug, Subcommand)]
enum Faults {
    /// Print each with what a program meets and the reports it stands for.
    List {
        /// One line of JSON each.
        #[arg(long)]
        json: bool,
    },
}

impl Args {
    /// The same without clap.
    #[must_use]
    pub fn into_props(self) -> Props {
        match self.what {
            What::Install {
                folder,
                config,
                fault,
                replace,
            } => Props::Install {
                folder,
                config,
                faults: fault,
                replace,
            },
            What::Env { folder, unit } => Props::Environment { folder, unit },
            What::Faults {
                what: Faults::List { json },
            } => Props::Faults { json },
        }
    }
}
