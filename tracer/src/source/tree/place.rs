//! Where Ollama looks for its library folder and for llama-server.
//!
//! 0.12 to 0.24 (ml/path.go): `../lib/ollama` beside the program's folder, `build/lib/ollama` in it, `build/lib/ollama`
//! in the working directory; whatever exists, a plain file too; else the program's folder. 0.30 and later: folders only,
//! and `lib/ollama` and `dist/linux-amd64/lib/ollama` as well; llama-server has a list of its own (llm/llama_binary.go).

use std::path::{Component, Path, PathBuf};

use super::text;
use crate::event::Text;
use crate::event::library::Library;
use crate::event::tree::{LlamaServer, Markers};
use crate::source::library::Root;
use crate::source::library::facts::{Detail, facts};

/// A place by the rule.
pub(super) struct Place {
    pub(super) path: PathBuf,
    pub(super) passed: Vec<Text>,
    pub(super) fallback: bool,
}

/// The library folder of `program`, whose links were followed.
pub(super) fn library_folder(program: &Path, cwd: &Path, markers: Markers, root: &Root) -> Place {
    let home = program.parent().unwrap_or_else(|| Path::new("/"));
    let mut places = vec![lexical(&home.join("../lib/ollama"))];
    let later = markers.llama_server && !markers.runner;
    if later {
        places.push(home.join("lib/ollama"));
    }
    for base in [home, cwd] {
        places.push(base.join("build/lib/ollama"));
        if later {
            places.push(base.join("dist/linux-amd64/lib/ollama"));
            places.push(base.join("dist/linux_amd64/lib/ollama"));
        }
    }
    let mut passed = Vec::new();
    for path in places {
        let there = root
            .locate(&path)
            .is_ok_and(|located| !later || located.metadata.is_dir());
        if there {
            return Place {
                path,
                passed,
                fallback: false,
            };
        }
        passed.push(text(&path));
    }
    Place {
        path: home.to_owned(),
        passed,
        fallback: true,
    }
}

/// llama-server as 0.30 and later find it: the first place where something is.
pub(super) fn llama_server(program: &Path, tree: &Path, cwd: &Path, root: &Root) -> LlamaServer {
    let home = program.parent().unwrap_or_else(|| Path::new("/"));
    let mut folders = vec![tree.to_owned(), lexical(&home.join("../lib/ollama"))];
    for base in [home, cwd] {
        for below in [
            "build/lib/ollama",
            "dist/linux-amd64/lib/ollama",
            "dist/linux_amd64/lib/ollama",
        ] {
            folders.push(base.join(below));
        }
    }
    let mut found = LlamaServer::default();
    for folder in folders {
        let path = folder.join("llama-server");
        if let Ok(located) = root.locate(&path) {
            found.noexec = super::list::is_noexec(&located.host);
            found.file = Some(Library {
                path: text(&path),
                ..facts(&path, root, Detail::Plain)
            });
            return found;
        }
        if !found.passed.contains(&text(&path)) {
            found.passed.push(text(&path));
        }
    }
    found
}

/// Without `a/..`; the program's folder has no links left.
fn lexical(path: &Path) -> PathBuf {
    let mut clean = PathBuf::new();
    for part in path.components() {
        if part == Component::ParentDir {
            clean.pop();
        } else {
            clean.push(part);
        }
    }
    clean
}
