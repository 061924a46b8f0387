//! The shim's libraries put where a program finds them: into a folder, and in front of those of an installation.
//!
//! ```text
//! vgputrace-bundle (bytes, changed for faults) --> folder ----> LD_LIBRARY_PATH, LD_PRELOAD
//!                                                    |
//!            candidates (what the target would load) +--> cover --> mounts in a private namespace
//! ```
//! Nothing of the system or of an installation is changed: mounts are this process's own and its children's.

pub mod cover;
pub mod folder;
pub mod mounts;
#[cfg(test)]
mod tests;

use std::path::PathBuf;

use vgputrace_device::ready::{self, Change, Ready};

/// What could not be done.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No ready-made fault of this name.
    #[error("there is no ready-made fault {0:?}")]
    NoSuchFault(String),
    /// A library of the bundle lacks what a fault changes.
    #[error("the fault cannot be made")]
    Change(#[from] vgputrace_bundle::change::Error),
    /// A file or folder cannot be made or read.
    #[error("{}", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// Something else is there, and would be lost.
    #[error("{} is there already", .0.display())]
    There(PathBuf),
    /// A mount is refused.
    #[error("cannot mount on {}", path.display())]
    Mount {
        /// Where.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The path cannot stand in a list of libraries.
    #[error("{} cannot stand in LD_PRELOAD: no colon, space or line end", .0.display())]
    Unlistable(PathBuf),
}

impl Error {
    fn file(path: impl Into<PathBuf>) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.into();
        move |source| Self::File { path, source }
    }
}

/// Ready-made faults by their names.
///
/// # Errors
/// A name that is none.
pub fn faults(names: &[String]) -> Result<Vec<&'static Ready>, Error> {
    names
        .iter()
        .map(|name| ready::by_name(name).ok_or_else(|| Error::NoSuchFault(name.clone())))
        .collect()
}

/// True where the loader takes a library with this change: only such a one can be preloaded, since a refused one is a word on every
/// program's standard error, and one with an undefined symbol the end of every program.
#[must_use]
pub const fn is_loadable(change: Option<Change>) -> bool {
    matches!(
        change,
        None | Some(Change::WithoutSymbol(_) | Change::OtherVersion)
    )
}
