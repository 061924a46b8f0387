//! `--shim`: the virtual GPU's libraries in front of all others, for the command and its children only.
//!
//! As root in mounts of this process alone: a folder in memory for the libraries, first in LD_LIBRARY_PATH, and bind mounts over what
//! Ollama's own folders have, since Ollama puts those first. Without root, or where mounts are refused, by LD_PRELOAD: the loader takes
//! a library that is loaded already for every request of its SONAME.

use std::ffi::{OsStr, OsString};
use std::fs::{self, Permissions};
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use tempfile::TempDir;
use vgputrace_bundle::File;

use super::target::Target;
use crate::cmd::Report;
use crate::cmd::report::RECORDER;
use crate::cmd::shim::{configuration, trouble};
use crate::event::Text;
use crate::event::loss::Note;
use crate::source::library::Root;
use crate::source::library::candidates::{Candidate, Start, candidates};
use crate::source::screen;
use crate::source::shim::folder::{self, Existing};
use crate::source::shim::{cover, faults, mounts};
use crate::sys::spawn::Command;

/// What the user asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// A vgpu.toml; the usual one when absent.
    pub config: Option<PathBuf>,
    /// Names of ready-made faults.
    pub faults: Vec<String>,
}

/// The libraries' place; it goes when this is dropped.
pub(super) struct VirtualGpu {
    place: TempDir,
    is_mounted: bool,
}

impl Drop for VirtualGpu {
    fn drop(&mut self) {
        if self.is_mounted {
            mounts::release(self.place.path());
        }
    }
}

/// Puts the libraries in their place and makes the target find them.
///
/// # Errors
/// A fault or configuration that is none; mounts that are refused; a fault that cannot be made in this way here.
pub(super) fn begin(wanted: &Wanted, target: &mut Target) -> Result<VirtualGpu, Report> {
    let report = |error| trouble(&error).code(RECORDER);
    let wanted_faults = faults(&wanted.faults).map_err(report)?;
    let files = vgputrace_bundle::files(&wanted_faults)
        .map_err(|error| Report::from_error(&error).code(RECORDER))?;
    let command = &mut target.command;
    let configured = configuration(wanted.config.as_deref(), &wanted_faults, &|name| {
        variable(command, name).map(OsStr::to_owned)
    })
    .map_err(|report| report.code(RECORDER))?;
    // Looked for with the variables and mounts of before.
    let found = found(command);
    let place = place()?;
    let is_mounted = match mounts::unshared() {
        Ok(()) => true,
        Err(_) => false,
    };
    let gpu = VirtualGpu { place, is_mounted };
    let root = gpu.place.path();
    if is_mounted {
        mounts::memory(root).map_err(report)?;
    }
    let libraries = root.join("lib");
    folder::write(&files, &libraries, Existing::Keep).map_err(report)?;
    let config = folder::configure(&configured.texts, root).map_err(report)?;
    let plan = cover::plan(&found, &files, root);
    let way = if is_mounted {
        mounts::cover(&plan, &libraries, &root.join("folders")).map_err(report)?;
        by_mounts(&plan)
    } else {
        if let Some(path) = cover::beyond_preload(&plan, &files) {
            return Err(beyond(
                &path,
                "without root nothing can stand in front of this library",
            ));
        }
        preload(command, &files, &libraries)?;
        "by LD_PRELOAD and LD_LIBRARY_PATH".to_owned()
    };
    put_first(command, "LD_LIBRARY_PATH", libraries.as_os_str());
    if let Some(config) = config {
        command.env.retain(|(name, _)| name != "VGPU_CONFIG");
        command.env.push(("VGPU_CONFIG".into(), config));
    }
    let mut words = way;
    if configured.records_launches {
        words.push_str("; its launches of kernels are recorded and compute nothing");
    }
    if !wanted_faults.is_empty() {
        words.push_str("; it fails on purpose");
    }
    tell(target, &words);
    Ok(gpu)
}

/// What the target would load now.
fn found(command: &Command) -> Vec<Candidate> {
    let cwd = command.cwd.clone().or_else(|| std::env::current_dir().ok());
    let text = |name| variable(command, name).map(|value| Text::from_bytes(value.as_bytes()));
    let start = Start {
        library_path: text("LD_LIBRARY_PATH"),
        preload: None,
        backend_path: None,
        cwd: cwd.unwrap_or_default(),
    };
    let mut found = Vec::new();
    for program in programs(command) {
        let program = start.cwd.join(program);
        found.extend(candidates(&program, &start, &Root::default()).list);
    }
    found
}

/// The program, and an `ollama` that it is told to start: `sh -c`, `env`, `nice` and the like.
fn programs(command: &Command) -> Vec<PathBuf> {
    let mut programs = vec![command.program.clone()];
    let search = variable(command, "PATH").unwrap_or_default();
    let words = command.args.iter().skip(1).flat_map(|word| {
        word.as_bytes()
            .split(|byte| byte.is_ascii_whitespace())
            .map(|part| PathBuf::from(OsStr::from_bytes(part)))
    });
    for word in words.filter(|word| word.file_name() == Some(OsStr::new("ollama"))) {
        let path = if word.as_os_str() == "ollama" {
            std::env::split_paths(search)
                .map(|folder| folder.join(&word))
                .find(|path| path.is_file())
        } else {
            Some(word)
        };
        programs.extend(path);
    }
    programs.dedup();
    programs
}

/// A folder that every user can enter, with a name that says nothing.
fn place() -> Result<TempDir, Report> {
    let made = tempfile::Builder::new().prefix("vgpu-run-").tempdir();
    made.and_then(|place| {
        fs::set_permissions(place.path(), Permissions::from_mode(0o755))?;
        Ok(place)
    })
    .map_err(|error| {
        Report::new("no temporary folder for the virtual GPU's libraries")
            .because(&error)
            .code(RECORDER)
    })
}

fn by_mounts(plan: &cover::Plan) -> String {
    let mut text = "by mounts that only this run sees and LD_LIBRARY_PATH".to_owned();
    let folders: std::collections::BTreeSet<&Path> = plan
        .covered
        .iter()
        .map(|(path, _)| path)
        .chain(&plan.hidden)
        .chain(&plan.masked)
        .filter_map(|path| path.parent())
        .collect();
    if !folders.is_empty() {
        let list: Vec<String> = folders
            .iter()
            .map(|path| path.display().to_string())
            .collect();
        text.push_str(&format!(", over libraries in {}", list.join(", ")));
    }
    text
}

fn preload(command: &mut Command, files: &[File], libraries: &Path) -> Result<(), Report> {
    let list = folder::preload(files, libraries).map_err(|error| {
        trouble(&error)
            .help("set TMPDIR to a folder without such letters")
            .code(RECORDER)
    })?;
    put_first(command, "LD_PRELOAD", &list);
    Ok(())
}

fn variable<'a>(command: &'a Command, name: &str) -> Option<&'a OsStr> {
    let mut entries = command.env.iter().rev();
    entries
        .find(|(key, _)| key == name)
        .map(|(_, value)| value.as_os_str())
}

/// Puts something before what a list of paths has.
fn put_first(command: &mut Command, name: &str, first: &OsStr) {
    let mut value = first.to_owned();
    if let Some(old) = variable(command, name).filter(|old| !old.is_empty()) {
        value.push(":");
        value.push(old);
    }
    command.env.retain(|(key, _)| key != name);
    command.env.push((OsString::from(name), value));
}

/// The variables and a word for the trace. It does not name the fault: whoever reads the trace is to find that out.
fn tell(target: &mut Target, words: &str) {
    for name in ["LD_LIBRARY_PATH", "LD_PRELOAD", "VGPU_CONFIG"] {
        if let Some(value) = variable(&target.command, name) {
            let policy = screen::Policy::Allowlist;
            let entry = screen::environment(name.as_bytes(), value.as_bytes(), policy);
            target.changed.retain(|known| known.k != entry.k);
            target.changed.push(entry);
        }
    }
    target.changed.sort_by(|one, two| one.k.cmp(&two.k));
    target.notes.push(Note {
        id: Text::from(Note::VIRTUAL_GPU),
        text: screen::text(
            format!("the GPU of this run is the shim's virtual one, {words}").as_bytes(),
        ),
    });
}

fn beyond(path: &Path, why: &str) -> Report {
    Report::new(format!(
        "this fault cannot be made while {} is there: {why}",
        path.display()
    ))
    .code(RECORDER)
}
