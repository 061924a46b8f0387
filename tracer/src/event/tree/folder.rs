//! The library folder as it lies on disk, and what loading from it would need.

use crate::event::host::Node;
use crate::event::library::{Closure, Library};
use crate::event::{Errno, Text};

/// The library folder, by Ollama's own rule (ml/path.go: the first place that exists, else the program's folder).
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Tree {
    /// Its path, links followed.
    pub path: Text,
    /// Places before it in the rule, where nothing is.
    pub passed: Vec<Text>,
    /// None of the places exists, so it is the program's own folder.
    pub fallback: bool,
    /// The error of listing it.
    pub err: Option<Errno>,
    /// The folders above it and itself, outermost first, with their rights.
    pub above: Vec<Node>,
    /// Programs and libraries cannot be mapped executable from there (mount option `noexec`).
    pub noexec: bool,
    /// Files at its top, and backends there, under the name `toplevel`.
    pub top: Folder,
    /// The folders in it, in order of name.
    pub folders: Vec<Folder>,
    /// The server's working directory, under the name `cwd`, when a ggml file is there.
    pub cwd: Option<Folder>,
    /// There were more folders or files than are told here.
    pub cut: bool,
}

/// A folder with libraries.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Folder {
    /// Base name, or `toplevel`, `cwd`.
    pub name: Text,
    /// Its path.
    pub path: Text,
    /// The error of listing it.
    pub err: Option<Errno>,
    /// Permission bits.
    pub mode: Option<u32>,
    /// Owner: user and group id.
    pub owner: Option<[u32; 2]>,
    /// Library files, in order of name; a link that leads nowhere has no size, and its target in `links`.
    pub files: Vec<Library>,
    /// Other files and folders.
    pub others: u64,
    /// A name in it fits `*ggml-*`: the server sees a candidate.
    pub seen: bool,
    /// The file that 0.30 and later name in GGML_BACKEND_PATH: the first `libggml-*.so*` in order of name that is neither
    /// base nor cpu.
    pub backend_path: Option<Text>,
    /// LD_LIBRARY_PATH as Ollama gives it to the processes that try this folder.
    pub library_path: Text,
    /// What each backend file in it would load.
    pub loads: Vec<Load>,
}

/// What loading one file would bring in.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Load {
    /// The file.
    pub file: Text,
    /// Everything needed, found and not.
    pub closure: Closure,
}

/// `llama-server`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LlamaServer {
    /// Places looked at in vain, in order (llm/llama_binary.go).
    pub passed: Vec<Text>,
    /// The file, when one is there.
    pub file: Option<Library>,
    /// It stands on a file system mounted `noexec`.
    pub noexec: bool,
    /// Why the kernel gives it more rights than its caller has (AT_SECURE), in a few words; `None` when it does not.
    pub secure: Option<Text>,
    /// What starting it would load.
    pub closure: Closure,
}
