//! Lists the library folder: names, rights, and facts about each library file.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

use rustix::fs::StatVfsMountFlags;

use super::place::Place;
use super::{node, text};
use crate::event::Text;
use crate::event::library::Library;
use crate::event::tree::{Folder, Tree};
use crate::source::library::Root;
use crate::source::library::facts::{Detail, facts};

/// Entries of one folder that are looked at.
const ENTRIES: usize = 4_096;
/// Folders told at most.
const FOLDERS: usize = 64;
/// Library files told of one folder; ROCm brings some dozens.
const FILES: usize = 128;
/// Library files told in all.
const ALL_FILES: usize = 1_024;

/// The folder, the folders in it, and the working directory where that matters.
pub(super) fn tree(place: Place, cwd: &Path, root: &Root) -> Tree {
    let real = root
        .locate(&place.path)
        .map_or_else(|_| place.path.clone(), |located| located.file);
    let mut above: Vec<_> = real
        .ancestors()
        .filter_map(|path| node(path, root))
        .collect();
    above.reverse();
    let mut tree = Tree {
        path: text(&place.path),
        passed: place.passed,
        fallback: place.fallback,
        above,
        ..Tree::default()
    };
    if let Ok(located) = root.locate(&place.path) {
        tree.noexec = is_noexec(&located.host);
    }
    let names = match root.names(&place.path, ENTRIES) {
        Ok((names, cut)) => {
            tree.cut = cut;
            names
        }
        Err(err) => {
            tree.err = Some(err);
            return tree;
        }
    };
    let mut lister = Lister {
        root,
        left: ALL_FILES,
        cut: tree.cut,
    };
    // Where there is no library folder, the top is a folder of programs and of no interest but for its folders.
    let top = if place.fallback { &[][..] } else { &names };
    tree.top = lister.folder(Text::from("toplevel"), &place.path, top);
    for name in &names {
        let path = place.path.join(name);
        let Ok(located) = root.locate(&path) else {
            continue;
        };
        if !located.metadata.is_dir() {
            continue;
        }
        if tree.folders.len() >= FOLDERS {
            lister.cut = true;
            break;
        }
        tree.folders.push(lister.listed(name, &path));
    }
    tree.cwd = lister.current(cwd, &place.path);
    tree.cut = lister.cut;
    tree
}

/// Reads folders while its budget lasts.
struct Lister<'r> {
    root: &'r Root,
    /// Files whose facts may still be read.
    left: usize,
    /// Something was left out.
    cut: bool,
}

impl Lister<'_> {
    fn listed(&mut self, name: &OsStr, path: &Path) -> Folder {
        let name = Text::from_bytes(name.as_bytes());
        match self.root.names(path, ENTRIES) {
            Ok((names, more)) => {
                self.cut |= more;
                self.folder(name, path, &names)
            }
            Err(err) => Folder {
                err: Some(err),
                ..self.folder(name, path, &[])
            },
        }
    }

    /// The working directory, when there is a ggml library in it. Of its other files nothing is told.
    fn current(&mut self, cwd: &Path, tree: &Path) -> Option<Folder> {
        if cwd == tree {
            return None;
        }
        let (names, _) = self.root.names(cwd, ENTRIES).ok()?;
        let ggml: Vec<OsString> = names
            .into_iter()
            .filter(|name| name.as_bytes().starts_with(b"libggml-"))
            .collect();
        (!ggml.is_empty()).then(|| self.folder(Text::from("cwd"), cwd, &ggml))
    }

    fn folder(&mut self, name: Text, path: &Path, names: &[OsString]) -> Folder {
        let mut folder = Folder {
            name,
            path: text(path),
            ..Folder::default()
        };
        if let Some(rights) = node(path, self.root) {
            folder.mode = Some(rights.mode);
            folder.owner = Some(rights.owner);
        }
        for name in names {
            let bytes = name.as_bytes();
            let is_ggml = contains(bytes, b"ggml-");
            folder.seen |= is_ggml;
            if !is_ggml && !contains(bytes, b".so") {
                folder.others += 1;
                continue;
            }
            if folder.files.len() >= FILES || self.left == 0 {
                self.cut = true;
                continue;
            }
            let place = path.join(name);
            if is_backend_path(bytes) && folder.backend_path.is_none() {
                folder.backend_path = Some(text(&place));
            }
            self.left -= 1;
            folder.files.push(file(&place, self.root));
        }
        folder
    }
}

/// Facts; for a link that leads nowhere, where it leads.
fn file(path: &Path, root: &Root) -> Library {
    let mut library = facts(path, root, Detail::Plain);
    if library.size.is_none()
        && library.links.is_empty()
        && let Ok(target) = std::fs::read_link(root.outside(path))
    {
        library.links.push(text(&target));
    }
    library
}

/// `isLlamaServerGPUBackend` and the pattern before it (llm/llama_server.go).
fn is_backend_path(name: &[u8]) -> bool {
    let lower = name.to_ascii_lowercase();
    name.starts_with(b"libggml-")
        && contains(name, b".so")
        && !lower.starts_with(b"libggml-base")
        && !lower.starts_with(b"libggml-cpu")
}

fn contains(bytes: &[u8], part: &[u8]) -> bool {
    memchr::memmem::find(bytes, part).is_some()
}

/// The file system's mount option; of a root that is a plain folder it is the one of that folder.
pub(super) fn is_noexec(host: &Path) -> bool {
    rustix::fs::statvfs(host).is_ok_and(|facts| facts.f_flag.contains(StatVfsMountFlags::NOEXEC))
}
