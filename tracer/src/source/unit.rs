//! systemd service units, read without systemd: what `ollama.service` would start, as whom, with which environment.
//!
//! In: a unit's name and the root folder of a system. Out: [`Unit`], what the files say, and [`Start`], what to start.
//! Nothing is started here, no bus is asked, and nothing of the caller's environment gets in.
//!
//! ```text
//! load (folders, drop-ins) -> parse (lines) -> build (settings) -> Unit -> start (accounts) -> Start
//! ```
//!
//! The rules are those of the manuals systemd.unit(5), systemd.service(5), systemd.exec(5), systemd.syntax(7), compared with what systemd 252
//! makes of the same files (`systemd --test`).

use std::io;
use std::path::PathBuf;

mod build;
pub mod command;
pub mod environment;
mod environment_file;
mod imitated;
mod load;
mod parse;
mod read;
mod specifier;
mod start;
mod words;

#[cfg(test)]
mod tests;

pub use command::{Command, Privilege};
pub use environment::{Environment, Origin, Variable};
pub use imitated::Setting;
pub use load::load;
pub use start::{Start, resolve};

/// What the files of a unit say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unit {
    /// `ollama.service`.
    pub name: String,
    /// The unit file, then the drop-ins in the order they count.
    pub files: Vec<PathBuf>,
    /// ExecStart=.
    pub command: Command,
    /// What the manager gives every service: PATH, LANG, DefaultEnvironment=. The unit's own variables win over it.
    pub manager: Environment,
    /// Environment=, then EnvironmentFile=.
    pub environment: Environment,
    /// UnsetEnvironment=, applied last.
    pub unset: Vec<String>,
    /// SetLoginEnvironment=, where it is given.
    pub login_environment: Option<bool>,
    /// User=, name or number.
    pub user: Option<String>,
    /// Group=, name or number.
    pub group: Option<String>,
    /// SupplementaryGroups=.
    pub supplementary_groups: Vec<String>,
    /// WorkingDirectory=.
    pub working_directory: Directory,
    /// UMask=, 0022 by default.
    pub umask: u32,
    /// DynamicUser=: the user exists only while the service runs.
    pub dynamic_user: bool,
    /// Settings that change what the process sees or may do, and that we do not imitate.
    pub not_imitated: Vec<Setting>,
    /// Lines without effect, since systemd passes over them with a warning.
    pub ignored: Vec<Ignored>,
}

/// WorkingDirectory=.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Directory {
    /// Which one.
    pub place: Place,
    /// Prefix `-`: when it is missing, `/` is taken.
    pub optional: bool,
}

/// The folder of WorkingDirectory=.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Place {
    /// `/`, also without the setting.
    #[default]
    Root,
    /// `~`: the home of User=.
    Home,
    /// This one.
    Path(PathBuf),
}

/// A line of a unit file without effect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ignored {
    /// The file.
    pub file: PathBuf,
    /// Line number from 1.
    pub line: usize,
    /// Why.
    pub reason: String,
}

/// Why a unit cannot be imitated. The text says what to do.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No name of a service.
    #[error("{0:?} is no name of a service unit: give a name such as ollama.service")]
    Name(String),
    /// No such unit file.
    #[error(
        "no unit {name} in {}{}", folders(looked),
        if similar.is_empty() {
            ": if Ollama runs without systemd, start it yourself: vgputrace run -- ollama serve".to_owned()
        } else {
            format!(": there is {}", similar.join(", "))
        }
    )]
    NotFound {
        /// The full name.
        name: String,
        /// Folders that were looked at.
        looked: Vec<PathBuf>,
        /// Units with a name like it.
        similar: Vec<String>,
    },
    /// A link to /dev/null, or an empty file.
    #[error("the unit {name} is masked by {}: systemctl unmask {name} makes it usable", path.display())]
    Masked {
        /// The full name.
        name: String,
        /// The masking file.
        path: PathBuf,
    },
    /// A file could not be read.
    #[error("cannot read {}: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// The kernel's word.
        source: io::Error,
    },
    /// A pipe, device or folder.
    #[error("{} is no regular file", .0.display())]
    NoFile(PathBuf),
    /// Too large.
    #[error("{} is larger than 1 MiB, which is no unit or environment file", .0.display())]
    TooLarge(PathBuf),
    /// A broken section header.
    #[error("{} line {line}: a section's name has no ']'; systemd refuses this unit too", path.display())]
    Broken {
        /// The unit file.
        path: PathBuf,
        /// The line.
        line: usize,
    },
    /// No ExecStart= that can be used.
    #[error(
        "the unit {name} has no usable ExecStart= in {}{}: give the command yourself after --",
        folders(files), reason.as_ref().map(|reason| format!(" ({reason})")).unwrap_or_default()
    )]
    NoCommand {
        /// The full name.
        name: String,
        /// Its files.
        files: Vec<PathBuf>,
        /// Why one that is there cannot be used.
        reason: Option<String>,
    },
    /// More than one ExecStart=.
    #[error(
        "the unit {name} has {} commands in {}, and systemd refuses that too: a drop-in that gives another command \
         needs an empty line ExecStart= before it", commands.len(), folders(files)
    )]
    ManyCommands {
        /// The full name.
        name: String,
        /// Programs, in order.
        commands: Vec<String>,
        /// Files they are in, each once.
        files: Vec<PathBuf>,
    },
    /// EnvironmentFile= names a file that is not there.
    #[error(
        "EnvironmentFile={} of {} is missing, and systemd would not start the unit: make the file, or write a '-' before its path",
        path.display(), unit.display()
    )]
    NoEnvironmentFile {
        /// The missing file.
        path: PathBuf,
        /// The file that names it.
        unit: PathBuf,
    },
    /// User=, Group= or SupplementaryGroups= names nobody.
    #[error("{setting}= of {unit}: {source}{}", if *dynamic {
        "; DynamicUser= makes that user only while the service runs: start the service, or give --user"
    } else { "" })]
    Account {
        /// The unit.
        unit: String,
        /// The setting.
        setting: &'static str,
        /// Why.
        source: super::user::Error,
        /// DynamicUser= is on.
        dynamic: bool,
    },
    /// The working directory is not there.
    #[error("WorkingDirectory={} of {unit} is no folder here: make it, or correct the unit", path.display())]
    NoDirectory {
        /// The unit.
        unit: String,
        /// The folder.
        path: PathBuf,
    },
    /// `WorkingDirectory=~` without User=.
    #[error("WorkingDirectory=~ of {0} needs User=")]
    NoHome(String),
    /// The program is in none of the folders systemd searches.
    #[error(
        "{program} of {unit} is in none of {}: give the command yourself after --",
        folders(looked)
    )]
    NoProgram {
        /// The unit.
        unit: String,
        /// The program's name.
        program: String,
        /// Folders that were looked at.
        looked: Vec<PathBuf>,
    },
}

fn folders(paths: &[PathBuf]) -> String {
    let paths: Vec<_> = paths
        .iter()
        .map(|path| path.display().to_string())
        .collect();
    paths.join(", ")
}
