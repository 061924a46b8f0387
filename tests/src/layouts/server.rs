//! The servers a layout runs under: each real Ollama that `VGPUTRACE_OLLAMA` names (several with `:` between them).
//!
//! A real one is never changed: its tree is copied by hard links, and a file is replaced, not written.

use std::fs;
use std::path::{Path, PathBuf};

use super::Era;
use crate::gate;
use crate::target::{Target, trace};

/// A server that can be copied.
#[derive(Clone, Debug)]
pub struct Server {
    binary: PathBuf,
    era: Era,
}

/// The servers of an era; says so by name when there is none.
#[must_use]
pub fn of(test: &str, era: Era) -> Vec<Server> {
    let Some(named) = std::env::var_os("VGPUTRACE_OLLAMA") else {
        gate::skip(test, "VGPUTRACE_OLLAMA names no Ollama");
        return Vec::new();
    };
    let mut servers: Vec<Server> = std::env::split_paths(&named)
        .filter(|path| path.is_file())
        .map(|binary| Server {
            era: era_of(&binary),
            binary,
        })
        .collect();
    servers.retain(|server| server.era == era);
    if servers.is_empty() {
        gate::skip(
            test,
            &format!("VGPUTRACE_OLLAMA names no Ollama of this era ({era:?})"),
        );
    }
    servers
}

/// The folder that holds `bin` and `lib`.
fn root_of(binary: &Path) -> PathBuf {
    let real = binary
        .canonicalize()
        .unwrap_or_else(|_| binary.to_path_buf());
    let root = real.parent().and_then(Path::parent);
    root.unwrap_or_else(|| Path::new("/")).to_path_buf()
}

/// By what is in its tree.
fn era_of(binary: &Path) -> Era {
    if root_of(binary).join("lib/ollama/llama-server").exists() {
        Era::LlamaServer
    } else {
        Era::Runner
    }
}

impl Server {
    /// For messages.
    #[must_use]
    pub fn name(&self) -> String {
        self.binary.display().to_string()
    }

    /// What tells one build from another: path, size and time of change.
    #[must_use]
    pub fn identity(&self) -> String {
        identity(&self.binary)
    }

    /// It is a real Ollama, whose time limits are what they are.
    #[must_use]
    pub const fn is_real(&self) -> bool {
        true
    }

    /// For backends made by the tests: whose device struct they need (`layouts/pretend/backend.c`). A device of another
    /// release's shape crashes whoever asks it.
    #[must_use]
    pub const fn release(&self) -> &'static str {
        match self.era {
            Era::Runner => "OLLAMA_0_16",
            Era::LlamaServer => "GGML_B10361",
        }
    }

    /// Copies its tree.
    ///
    /// # Errors
    /// What could not be copied.
    pub fn copy_to(&self, root: &Path) -> Result<(), String> {
        let from = root_of(&self.binary);
        fs::create_dir_all(root.join("bin")).map_err(|why| format!("{}: {why}", root.display()))?;
        link(&self.binary, &root.join("bin/ollama"))?;
        copy_folder(&from.join("lib/ollama"), &root.join("lib/ollama"))
    }

    /// The command of its copy.
    #[must_use]
    pub fn command(&self, root: &Path) -> Target {
        trace(root.join("bin/ollama")).arg("serve")
    }
}

/// Path, size and time of change of a file.
#[must_use]
pub(super) fn identity(path: &Path) -> String {
    let facts = fs::metadata(path).ok().map(|facts| {
        let changed = facts.modified().ok();
        (facts.len(), changed)
    });
    format!("{} {facts:?}", path.display())
}

fn copy_folder(from: &Path, to: &Path) -> Result<(), String> {
    let say = |why: std::io::Error| format!("{}: {why}", from.display());
    fs::create_dir_all(to).map_err(say)?;
    for entry in fs::read_dir(from).map_err(say)? {
        let entry = entry.map_err(say)?;
        let (source, place) = (entry.path(), to.join(entry.file_name()));
        let kind = entry.file_type().map_err(say)?;
        if kind.is_dir() {
            copy_folder(&source, &place)?;
        } else if kind.is_symlink() {
            let target = fs::read_link(&source).map_err(say)?;
            std::os::unix::fs::symlink(target, place).map_err(say)?;
        } else {
            link(&source, &place)?;
        }
    }
    Ok(())
}

/// A hard link, or a copy where the folder is on another file system.
fn link(from: &Path, to: &Path) -> Result<(), String> {
    if fs::hard_link(from, to).is_ok() {
        return Ok(());
    }
    match fs::copy(from, to) {
        Ok(_) => Ok(()),
        Err(why) => Err(format!("{}: {why}", from.display())),
    }
}
