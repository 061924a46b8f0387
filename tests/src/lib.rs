//! The end-to-end tests' own tools: small programs to trace, libraries with every kind of fault, a way to run a
//! program bare, traced or beside a trace, and questions to ask a recording.
//!
//! It needs the `vgputrace` binary as its user has it (`VGPUTRACE_BIN`, else the newest build in `target`) and takes
//! nothing from the recorder's code but the vocabulary of events.

pub mod accuracy;
pub mod answers;
pub mod attached;
pub mod chance;
pub mod compared;
pub mod events;
pub mod gate;
pub mod generated;
pub mod groups;
pub mod layouts;
pub mod libraries;
pub mod mounted;
pub mod neutral;
pub mod npm;
pub mod outline;
pub mod parity;
pub mod programs;
pub mod recorded;
pub mod running;
pub mod runtime_tier;
pub mod schema;
pub mod screens;
pub mod standin;
pub mod statics;
pub mod story;
pub mod symbols;
pub mod target;
pub mod viewed;
pub mod wheels;

pub use events::Events;
pub use recorded::Recorded;
pub use target::{Outcome, Target, trace};

use std::path::{Path, PathBuf};

/// The root of the workspace.
#[must_use]
pub fn workspace() -> PathBuf {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    package.parent().unwrap_or(package).to_path_buf()
}

/// The recordings of the corpus, by name.
///
/// # Panics
/// When it cannot be listed.
#[must_use]
#[track_caller]
pub fn corpus_traces() -> Vec<PathBuf> {
    let folder = workspace().join("tests/corpus/traces");
    let entries = match std::fs::read_dir(&folder) {
        Ok(entries) => entries,
        Err(error) => panic!("{}: {error}", folder.display()),
    };
    let paths = entries.filter_map(|entry| Some(entry.ok()?.path()));
    let mut traces: Vec<PathBuf> = paths
        .filter(|path| path.extension().is_some_and(|ending| ending == "vgt"))
        .collect();
    traces.sort();
    traces
}

/// A temporary folder that other users may enter.
///
/// # Panics
/// When there is none to be had.
#[must_use]
#[track_caller]
pub fn open_folder() -> tempfile::TempDir {
    use std::os::unix::fs::PermissionsExt;
    let mode = std::fs::Permissions::from_mode(0o755);
    let made = tempfile::Builder::new()
        .prefix("vgputrace-suite-")
        .permissions(mode)
        .tempdir();
    match made {
        Ok(folder) => folder,
        Err(error) => panic!("no temporary folder: {error}"),
    }
}

/// The `vgputrace` binary: `VGPUTRACE_BIN`, else the release build, else the debug build.
#[must_use]
pub fn binary() -> Option<PathBuf> {
    if let Some(path) = std::env::var_os("VGPUTRACE_BIN") {
        return Some(path.into());
    }
    let target = workspace().join("target");
    ["release", "debug"]
        .into_iter()
        .map(|profile| target.join(profile).join("vgputrace"))
        .find(|path| path.is_file())
}
