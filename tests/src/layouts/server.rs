//! The servers a layout runs under: the stand-in, and each real Ollama that `VGPUTRACE_OLLAMA` names (several with `:`
//! between them; skipped by name when there is none).
//!
//! A real one is never changed: its tree is copied by hard links, and a file is replaced, not written.

use std::fs;
use std::path::{Path, PathBuf};

use super::Era;
use crate::libraries::link;
use crate::target::{Target, trace};
use crate::{gate, standin};

/// A server that can be copied.
#[derive(Clone, Debug)]
pub struct Server {
    /// The real one's binary; the stand-in when absent.
    real: Option<PathBuf>,
    era: Era,
}

/// The servers of an era.
#[must_use]
pub fn of(test: &str, era: Era) -> Vec<Server> {
    let named = std::env::var_os("VGPUTRACE_OLLAMA").unwrap_or_default();
    let real = std::env::split_paths(&named)
        .filter(|path| path.is_file() && era_of(path) == era)
        .map(Some);
    let servers: Vec<Server> = std::iter::once(None)
        .chain(real)
        .map(|real| Server { real, era })
        .collect();
    if servers.len() == 1 {
        let why = format!("VGPUTRACE_OLLAMA names no Ollama of this era ({era:?})");
        gate::skip(&format!("{test}, under a real Ollama"), &why);
    }
    servers
}

/// The stand-in of an era.
#[must_use]
pub const fn standin(era: Era) -> Server {
    Server { real: None, era }
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
        let real = self.real.as_ref();
        real.map_or_else(
            || "the stand-in".to_owned(),
            |path| path.display().to_string(),
        )
    }

    /// What tells one build of a real one from another: path, size and time of change.
    #[must_use]
    pub fn identity(&self) -> String {
        self.real
            .as_deref()
            .map_or_else(|| format!("{:?}", self.era), identity)
    }

    /// It is a real Ollama, whose time limits are what they are.
    #[must_use]
    pub const fn is_real(&self) -> bool {
        self.real.is_some()
    }

    /// For backends made by the tests: whose device struct they need (`layouts/pretend/backend.c`). A device of another
    /// release's shape crashes whoever asks it.
    #[must_use]
    pub const fn release(&self) -> &'static str {
        match (self.era, &self.real) {
            (Era::Runner, Some(_)) => "OLLAMA_0_16",
            (Era::Runner, None) => "GGML_B7347",
            (Era::LlamaServer, _) => "GGML_B10361",
        }
    }

    /// Lays out its tree; `None` when the stand-in's parts are not to be had, which it has said then.
    ///
    /// # Panics
    /// When something could not be copied.
    #[must_use]
    #[track_caller]
    pub fn lay_out(&self, root: &Path) -> Option<Target> {
        let Some(binary) = &self.real else {
            return Some(standin::tree(self.era, root)?.command());
        };
        let copied = copy(binary, root);
        assert!(copied.is_ok(), "{}: {copied:?}", self.name());
        Some(trace(root.join("bin/ollama")).arg("serve"))
    }
}

fn copy(binary: &Path, root: &Path) -> Result<(), String> {
    fs::create_dir_all(root.join("bin")).map_err(|why| format!("{}: {why}", root.display()))?;
    link(binary, &root.join("bin/ollama"))?;
    copy_folder(
        &root_of(binary).join("lib/ollama"),
        &root.join("lib/ollama"),
    )
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
