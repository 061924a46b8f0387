//! Ollama's program and library tree as they lie on disk. Nothing was executed: no version is known.

use serde::Serialize;

use crate::event::library::Library;
use crate::event::{Errno, Text};

/// An installation.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Ollama {
    /// The program as it was found: on PATH, or as the user named it.
    pub program: Text,
    /// Facts about the file behind it, links followed.
    pub file: Library,
    /// Where Ollama's own rule finds the libraries.
    pub tree: Option<Tree>,
}

/// Which place of Ollama's rule it is (ml/path.go of Ollama: the first that exists).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Rule {
    /// `../lib/ollama` beside the program's folder.
    #[default]
    Beside,
    /// `build/lib/ollama` in the program's folder.
    Build,
    /// `build/lib/ollama` in the current folder.
    CurrentBuild,
    /// The program's own folder, since none of the others exists.
    ProgramFolder,
}

/// The library tree.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Tree {
    /// Its folder.
    pub path: Text,
    /// By which part of the rule.
    pub rule: Rule,
    /// Places before it in the rule, where nothing is.
    pub passed: Vec<Text>,
    /// The error of listing it.
    pub err: Option<Errno>,
    /// Permission bits.
    pub mode: Option<u32>,
    /// Owner: user and group id.
    pub owner: Option<[u32; 2]>,
    /// The file `llama-server` is there, which Ollama has from 0.30 on.
    pub llama_server: bool,
    /// Files with `ggml-` in their name at the top of the tree.
    pub top: Vec<Text>,
    /// Folders in the tree, in order of name.
    pub folders: Vec<Folder>,
    /// There were more folders or files than are told here.
    pub cut: bool,
}

/// A folder in the tree. One with a file like `*ggml-*` is what Ollama tries.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Folder {
    /// Its name.
    pub name: Text,
    /// The error of listing it.
    pub err: Option<Errno>,
    /// Permission bits.
    pub mode: Option<u32>,
    /// Owner: user and group id.
    pub owner: Option<[u32; 2]>,
    /// Files like `*ggml-*`.
    pub ggml: Vec<Library>,
    /// Other files.
    pub others: u64,
}
