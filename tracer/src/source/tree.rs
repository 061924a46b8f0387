//! Gathers what `check` tells: an installation as it lies on disk, with no run at all.
//!
//! Input: a [`Question`]. Output: [`event::tree`](crate::event::tree) values. No program is executed, no file is made or
//! changed, no device is opened; every read is bounded, and no link leads out of the root.
//!
//! ```text
//! server (unit, process, caller) --> user, variables, working directory
//!                                         |
//! program --> markers --> place --> list --> loads --> Facts --> diagnose::tree
//! ```

mod accounts;
mod list;
mod loads;
mod markers;
mod place;
mod rights;
mod running;
mod server;
#[cfg(test)]
mod tests;

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use super::doctor;
use super::host;
use super::library::Root;
use super::library::cache::Cache;
use super::library::facts::{Detail, facts};
use crate::event::Text;
use crate::event::host::Node;
use crate::event::tree::{Facts, Ollama, Stub};

pub use accounts::RootAccounts;
pub use loads::closure_in;

/// Where packages, the install script and images put the program.
const USUAL: [&str; 4] = [
    "/usr/local/bin/ollama",
    "/usr/bin/ollama",
    "/bin/ollama",
    "/opt/ollama/bin/ollama",
];
/// PCI ids of the virtual GPU, and its class without the programming interface.
const STUB: (&str, &str) = ("10de:2331", "0302");

/// What to look at.
pub struct Question<'a> {
    /// What stands for `/`.
    pub root: &'a Path,
    /// Ollama's program inside the root, where the user names it.
    pub program: Option<&'a Path>,
    /// A library folder inside the root that no program belongs to: it is looked at by itself.
    pub library_dir: Option<&'a Path>,
    /// The caller's working directory, inside the root.
    pub cwd: &'a Path,
    /// The caller's variables; empty when the root is another system's.
    pub caller: Vec<(OsString, OsString)>,
    /// The user database.
    pub accounts: &'a dyn super::user::Accounts,
}

/// Finds everything out. Where the root is `/`, no program is named, and the server that runs has a file system of its own,
/// it is looked at through that server's root.
#[must_use]
pub fn gather(question: &Question<'_>) -> Facts {
    match running::elsewhere(question) {
        Some(root) => gather_below(&Question {
            root: &root,
            program: None,
            library_dir: None,
            cwd: Path::new("/"),
            caller: Vec::new(),
            accounts: &RootAccounts::read(&root),
        }),
        None => gather_below(question),
    }
}

fn gather_below(question: &Question<'_>) -> Facts {
    let root = Root::new(question.root);
    let (server, known) = server::read(question);
    // The kernel's own folders need not be mounted in a container, and it is the same kernel.
    let host = match server::process_of(question.root) {
        Some((_, pid)) => host::of_process(pid),
        None => host::read(question.root),
    };
    let stubs = stubs(&host, &root);
    let mut facts = Facts {
        root: text(question.root),
        groups: doctor::group_names(
            question.root,
            host.nodes
                .iter()
                .chain(stubs.iter().filter_map(|stub| stub.resource.as_ref()))
                .map(|node| node.owner[1]),
        ),
        host,
        server,
        stubs,
        no_cache: Cache::read(&root)
            .err()
            .map(|error| Text::from(error.to_string())),
        ..Facts::default()
    };
    let found = match question.library_dir {
        Some(folder) => Some((folder.join("ollama"), Text::from("not there"))),
        None => program(question, known, &root),
    };
    let Some((program, by)) = found else {
        return facts;
    };
    let mut ollama = installation(&program, by, &facts, &root);
    if let Some(folder) = question.library_dir {
        let place = place::Place {
            path: folder.to_owned(),
            passed: Vec::new(),
            fallback: false,
        };
        let cwd = path_of(&facts.server.cwd);
        ollama.tree = list::tree(place, &cwd, &root);
    }
    let mut reader = loads::Reader::new(&ollama, &facts.server, &root);
    reader.fill(&mut ollama);
    (facts.drivers, facts.files) = reader.finish();
    facts.ollama = Some(ollama);
    facts
}

/// The program: named, of the unit or process, on the caller's PATH, in one of the usual places.
fn program(
    question: &Question<'_>,
    known: Option<(PathBuf, Text)>,
    root: &Root,
) -> Option<(PathBuf, Text)> {
    if let Some(program) = question.program {
        return Some((question.cwd.join(program), Text::from("--bin")));
    }
    let is_program = |path: &PathBuf| {
        root.locate(path)
            .is_ok_and(|located| located.metadata.is_file() && located.metadata.mode() & 0o111 != 0)
    };
    if let Some(known) = known {
        return Some(known);
    }
    let path = question
        .caller
        .iter()
        .find(|(name, _)| name == "PATH")
        .map(|(_, value)| value.as_bytes())
        .unwrap_or_default();
    path.split(|byte| *byte == b':')
        .filter(|folder| !folder.is_empty())
        .map(|folder| question.cwd.join(OsStr::from_bytes(folder)).join("ollama"))
        .find(is_program)
        .map(|path| (path, Text::from("PATH")))
        .or_else(|| {
            let found = USUAL.iter().map(PathBuf::from).find(is_program)?;
            Some((found, Text::from("a usual place")))
        })
}

fn installation(program: &Path, by: Text, facts: &Facts, root: &Root) -> Ollama {
    let located = root.locate(program);
    let real = located
        .as_ref()
        .map_or_else(|_| program.to_owned(), |located| located.file.clone());
    let markers = located
        .ok()
        .and_then(|located| markers::read(&located))
        .unwrap_or_default();
    let server = &facts.server;
    let secure = rights::more(&real, server, root);
    let cwd = path_of(&facts.server.cwd);
    let place = place::library_folder(&real, &cwd, markers, root);
    let mut llama_server = place::llama_server(&real, &place.path, &cwd, root);
    let started = llama_server.file.as_ref().map(|file| path_of(&file.path));
    llama_server.secure = started.and_then(|path| rights::more(&path, server, root));
    Ollama {
        program: text(program),
        by,
        file: self::facts(&real, root, Detail::Plain),
        secure,
        markers,
        llama_server,
        tree: list::tree(place, &cwd, root),
    }
}

/// Devices that look like the virtual GPU's.
fn stubs(host: &crate::event::host::Host, root: &Root) -> Vec<Stub> {
    let (ids, class) = STUB;
    host.gpus
        .iter()
        .filter(|gpu| gpu.ids.as_str() == ids && gpu.class.as_str() == class)
        .map(|gpu| {
            let path = format!("/sys/bus/pci/devices/{}/resource0", gpu.address);
            Stub {
                address: gpu.address.clone(),
                resource: node(Path::new(&path), root),
            }
        })
        .collect()
}

/// Rights of a file or folder, links followed.
fn node(path: &Path, root: &Root) -> Option<Node> {
    let located = root.locate(path).ok()?;
    Some(Node {
        path: text(path),
        mode: located.metadata.mode() & 0o7777,
        owner: [located.metadata.uid(), located.metadata.gid()],
    })
}

/// A path as the bytes it is.
fn text(path: &Path) -> Text {
    Text::from_bytes(path.as_os_str().as_bytes())
}

/// The bytes as the path they are.
fn path_of(text: &Text) -> PathBuf {
    PathBuf::from(OsStr::from_bytes(&text.to_bytes()))
}
