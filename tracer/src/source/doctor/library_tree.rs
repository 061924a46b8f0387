//! Ollama's program, and its library tree as Ollama's own rule finds it.
//!
//! The rule (ml/path.go of Ollama 0.13 to 0.24, `lib/ollama` in 0.30 and later alike): links of the program's path are
//! followed, then the first of these that exists is taken: `../lib/ollama` beside the program's folder,
//! `build/lib/ollama` in it, `build/lib/ollama` in the current folder; else the program's folder itself. Backends are
//! what the pattern `TREE/*/*ggml-*` finds (discover/runner.go).

use std::ffi::{OsStr, OsString};
use std::fs::Metadata;
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use super::{Question, file};
use crate::event::Text;
use crate::event::doctor::{Folder, Ollama, Rule, Tree};
use crate::source::library::Root;

/// Entries of one folder that are looked at.
const ENTRIES: usize = 4_096;
/// Folders told at most.
const FOLDERS: usize = 64;
/// Files whose facts are read in one folder.
const FILES: usize = 32;

/// The installation, if there is one.
pub(super) fn read(question: &Question<'_>, root: &Root) -> Option<Ollama> {
    let program = match question.program {
        Some(path) => question.cwd.join(path),
        None => on_path(question, root)?,
    };
    let real = root.locate(&program).map(|located| located.file);
    let tree = real
        .as_deref()
        .ok()
        .map(|real| tree(real, question.cwd, root));
    Some(Ollama {
        file: file(real.as_ref().unwrap_or(&program), root),
        program: text(&program),
        tree,
    })
}

/// The first `ollama` on PATH that is a file with an execute bit (execvp(3)).
fn on_path(question: &Question<'_>, root: &Root) -> Option<PathBuf> {
    let path = question.path.as_ref()?;
    path.as_bytes()
        .split(|byte| *byte == b':')
        .map(|folder| question.cwd.join(OsStr::from_bytes(folder)).join("ollama"))
        .find(|path| {
            root.locate(path).is_ok_and(|located| {
                located.metadata.is_file() && located.metadata.mode() & 0o111 != 0
            })
        })
}

fn tree(program: &Path, cwd: &Path, root: &Root) -> Tree {
    let home = program.parent().unwrap_or_else(|| Path::new("/"));
    let places = [
        (Rule::Beside, lexical(&home.join("../lib/ollama"))),
        (Rule::Build, home.join("build/lib/ollama")),
        (Rule::CurrentBuild, cwd.join("build/lib/ollama")),
    ];
    let mut passed = Vec::new();
    for (rule, path) in places {
        if root.locate(&path).is_ok() {
            return listed(&path, rule, passed, root);
        }
        passed.push(text(&path));
    }
    listed(home, Rule::ProgramFolder, passed, root)
}

fn listed(path: &Path, rule: Rule, passed: Vec<Text>, root: &Root) -> Tree {
    let mut tree = Tree {
        path: text(path),
        rule,
        passed,
        ..Tree::default()
    };
    let metadata = root.locate(path).ok().map(|located| located.metadata);
    (tree.mode, tree.owner) = permissions(metadata.as_ref());
    let names = match root.names(path, ENTRIES) {
        Ok((names, cut)) => {
            tree.cut = cut;
            names
        }
        Err(err) => {
            tree.err = Some(err);
            return tree;
        }
    };
    tree.llama_server = names.iter().any(|name| name == "llama-server");
    tree.top = names
        .iter()
        .filter(|name| is_ggml(name))
        .map(|name| raw(name))
        .collect();
    // A program's folder such as /usr/bin holds thousands of files; only folders are told.
    for name in &names {
        let place = path.join(name);
        let Ok(located) = root.locate(&place) else {
            continue;
        };
        if !located.metadata.is_dir() {
            continue;
        }
        if tree.folders.len() >= FOLDERS {
            tree.cut = true;
            break;
        }
        let (folder, cut) = folder(&place, name, &located.metadata, root);
        tree.cut |= cut;
        tree.folders.push(folder);
    }
    tree
}

fn folder(path: &Path, name: &OsStr, metadata: &Metadata, root: &Root) -> (Folder, bool) {
    let (mode, owner) = permissions(Some(metadata));
    let mut folder = Folder {
        name: raw(name),
        mode,
        owner,
        ..Folder::default()
    };
    let (names, mut cut) = match root.names(path, ENTRIES) {
        Ok(names) => names,
        Err(err) => {
            folder.err = Some(err);
            return (folder, false);
        }
    };
    for name in names {
        if !is_ggml(&name) {
            folder.others += 1;
        } else if folder.ggml.len() < FILES {
            folder.ggml.push(file(&path.join(&name), root));
        } else {
            cut = true;
        }
    }
    (folder, cut)
}

fn permissions(metadata: Option<&Metadata>) -> (Option<u32>, Option<[u32; 2]>) {
    (
        metadata.map(|facts| facts.mode() & 0o7777),
        metadata.map(|facts| [facts.uid(), facts.gid()]),
    )
}

/// The pattern `*ggml-*`.
fn is_ggml(name: &OsStr) -> bool {
    name.as_bytes().windows(5).any(|part| part == b"ggml-")
}

/// Without `a/..`; the program's folder has no links left.
fn lexical(path: &Path) -> PathBuf {
    let mut clean = PathBuf::new();
    for part in path.components() {
        if part == std::path::Component::ParentDir {
            clean.pop();
        } else {
            clean.push(part);
        }
    }
    clean
}

fn raw(name: &OsStr) -> Text {
    Text::from_bytes(name.as_bytes())
}

/// A path as the bytes it is.
pub(super) fn text(path: &Path) -> Text {
    raw(path.as_os_str())
}

/// The bytes as the path they are.
pub(super) fn path_of(text: &Text) -> PathBuf {
    PathBuf::from(OsString::from_vec(text.to_bytes().into_owned()))
}
