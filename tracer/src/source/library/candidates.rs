//! Every file on disk that is worth a probe before the target starts, because the target may load it.

use std::collections::BTreeSet;
use std::io::Read;
use std::path::{Path, PathBuf};

use super::closure::objects_of;
use super::exports::{DRIVER_MARKS, exports_any};
use super::object::{Object, inode};
use super::search::{Environment, Requester, path_of, search};
use super::verify::{Verdict, verify};
use super::{Image, Root, limit};
use crate::event::Text;

/// Why a file may be loaded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Why {
    /// A C library or loader of this system: `dlopen` and the loader's error text come from there.
    System,
    /// LD_PRELOAD or `/etc/ld.so.preload`.
    Preload,
    /// The program needs it.
    Needed,
    /// It stands in Ollama's library tree.
    Ollama,
    /// A ggml library near the program, or the file that GGML_BACKEND_PATH names.
    Ggml,
    /// A GPU driver or runtime library that the loader would find.
    Driver,
}

/// A file to probe.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// Its path without links, inside the root.
    pub path: PathBuf,
    /// Device and inode.
    pub inode: (u64, u64),
    /// The first reason found.
    pub why: Why,
}

/// What the target is started with.
#[derive(Clone, Debug, Default)]
pub struct Start {
    /// LD_LIBRARY_PATH.
    pub library_path: Option<Text>,
    /// LD_PRELOAD.
    pub preload: Option<Text>,
    /// GGML_BACKEND_PATH: one file.
    pub backend_path: Option<Text>,
    /// The current folder.
    pub cwd: PathBuf,
}

/// The candidates of a program.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Candidates {
    /// One per file, in order of reason, then of path.
    pub list: Vec<Candidate>,
    /// There were more than the bounds of this module; the rest was left out.
    pub cut: bool,
}

/// Names that a C library or loader has, glibc's and musl's.
const SYSTEM: [&str; 5] = [
    "libc.so.6",
    "ld-linux-x86-64.so.2",
    "libdl.so.2",
    "ld-musl-x86_64.so.1",
    "libc.musl-x86_64.so.1",
];
/// Beginnings of the names of GPU driver and runtime libraries.
const DRIVERS: [&str; 8] = [
    "libcuda.so",
    "libnvidia-ml.so",
    "libcudart.so",
    "libcublas.so",
    "libcublasLt.so",
    "libamdhip64.so",
    "libvulkan.so",
    "libze_loader.so",
];

/// Collects them for the program at `exe`, absolute inside `root`.
#[must_use]
pub fn candidates(exe: &Path, start: &Start, root: &Root) -> Candidates {
    let environment = Environment {
        library_path: start.library_path.clone(),
        ..Environment::of_program(Some(exe), root, &start.cwd)
    };
    let mut found = Collector {
        root,
        seen: BTreeSet::new(),
        all: Candidates::default(),
    };
    found.system(exe, &environment);
    found.preloaded(start, &environment);
    let loaded: Vec<Object> = Vec::new();
    for object in objects_of(exe, &environment, &loaded).iter().skip(1) {
        if let Some(file) = &object.file {
            found.add(&path_of(file), Why::Needed);
        }
    }
    // Links are followed first: /usr/bin/ollama may lead to the tree.
    let real = root
        .locate(exe)
        .map_or_else(|_| exe.to_owned(), |located| located.file);
    let home = real.parent().unwrap_or_else(|| Path::new("/"));
    for tree in [
        home.join("../lib/ollama"),
        home.join("build/lib/ollama"),
        start.cwd.join("build/lib/ollama"),
    ] {
        found.tree(&tree);
    }
    let mut near = vec![home.to_owned(), start.cwd.clone()];
    near.extend(
        environment
            .program
            .iter()
            .flat_map(|program| environment.own_folders(program)),
    );
    near.extend(environment.library_folders());
    for folder in &near {
        found.folder(folder, Why::Ggml, &|name| {
            is_library(name) && (name.starts_with("libggml") || name.starts_with("libllama"))
        });
        found.folder(folder, Why::Driver, &is_driver);
        found.drivers_by_exports(folder);
    }
    if let Some(path) = &start.backend_path {
        found.add(&start.cwd.join(path_of(path)), Why::Ggml);
    }
    for (name, file) in environment.cache.iter() {
        if is_driver(name.as_str()) {
            found.add(&path_of(file), Why::Driver);
        }
    }
    for folder in &environment.layout.default_folders {
        found.folder(folder, Why::Driver, &is_driver);
    }
    found
        .all
        .list
        .sort_by(|a, b| (a.why, &a.path).cmp(&(b.why, &b.path)));
    found.all
}

struct Collector<'r> {
    root: &'r Root,
    seen: BTreeSet<(u64, u64)>,
    all: Candidates,
}

impl Collector<'_> {
    /// Adds a file that a loader would take.
    fn add(&mut self, path: &Path, why: Why) {
        let Verdict::Taken(located) = verify(path, self.root) else {
            return;
        };
        let inode = inode(&located.metadata);
        if self.seen.contains(&inode) {
            return;
        }
        if self.all.list.len() >= limit::CANDIDATES {
            self.all.cut = true;
            return;
        }
        self.seen.insert(inode);
        self.all.list.push(Candidate {
            path: located.file,
            inode,
            why,
        });
    }

    fn system(&mut self, exe: &Path, environment: &Environment) {
        let interpreter = Image::open(exe, self.root)
            .ok()
            .and_then(|image| image.interpreter());
        if let Some(interpreter) = interpreter {
            self.add(&path_of(&interpreter), Why::System);
        }
        for (name, file) in environment.cache.iter() {
            if SYSTEM.contains(&name.as_str()) {
                self.add(&path_of(file), Why::System);
            }
        }
        let others = [
            "/lib/x86_64-linux-gnu",
            "/usr/lib/x86_64-linux-gnu",
            "/lib64",
            "/usr/lib64",
            "/lib",
            "/usr/lib",
        ];
        let others = others.iter().map(PathBuf::from);
        for folder in environment
            .layout
            .default_folders
            .iter()
            .cloned()
            .chain(others)
        {
            for name in SYSTEM {
                self.add(&folder.join(name), Why::System);
            }
        }
    }

    fn preloaded(&mut self, start: &Start, environment: &Environment) {
        let mut names: Vec<Vec<u8>> = Vec::new();
        if let Some(list) = &start.preload {
            names.extend(
                list.to_bytes()
                    .split(|byte| matches!(byte, b' ' | b':'))
                    .map(<[u8]>::to_vec),
            );
        }
        names.extend(preload_file(self.root));
        let chain: Vec<&Object> = environment.program.iter().collect();
        for name in names
            .iter()
            .filter(|name| !name.is_empty())
            .take(limit::NEEDED)
        {
            let requester = Requester {
                chain: chain.clone(),
            };
            let resolved = search(&Text::from_bytes(name), &requester, environment, &[]);
            if let Some(file) = resolved.file {
                self.add(&path_of(&file), Why::Preload);
            }
        }
    }

    /// Ollama's library tree: the folder and those below it.
    fn tree(&mut self, tree: &Path) {
        self.folder(tree, Why::Ollama, &is_library);
        let below = self.entries(tree);
        for name in below {
            let folder = tree.join(name);
            if self
                .root
                .locate(&folder)
                .is_ok_and(|located| located.metadata.is_dir())
            {
                self.folder(&folder, Why::Ollama, &is_library);
            }
        }
    }

    fn folder(&mut self, folder: &Path, why: Why, wanted: &dyn Fn(&str) -> bool) {
        for name in self.entries(folder) {
            if wanted(&name.to_string_lossy()) {
                self.add(&folder.join(name), why);
            }
        }
    }

    /// Drivers under other names: what a folder that is not the system's has of small libraries is looked into.
    fn drivers_by_exports(&mut self, folder: &Path) {
        const MOST: usize = 256;
        let names = self.entries(folder);
        let unknown = names.into_iter().filter(|name| {
            let name = name.to_string_lossy();
            is_library(&name) && !is_driver(&name) && !name.starts_with("libggml")
        });
        for (looked, name) in unknown.enumerate() {
            if looked >= MOST {
                self.all.cut = true;
                return;
            }
            let path = folder.join(name);
            let driver =
                Image::open(&path, self.root).is_ok_and(|image| exports_any(&image, &DRIVER_MARKS));
            if driver {
                self.add(&path, Why::Driver);
            }
        }
    }

    /// Names in a folder, sorted.
    fn entries(&mut self, folder: &Path) -> Vec<std::ffi::OsString> {
        let Ok(located) = self.root.locate(folder) else {
            return Vec::new();
        };
        let Ok(listing) = std::fs::read_dir(&located.host) else {
            return Vec::new();
        };
        let mut names: Vec<_> = listing
            .take(limit::ENTRIES + 1)
            .filter_map(|entry| entry.ok().map(|entry| entry.file_name()))
            .collect();
        if names.len() > limit::ENTRIES {
            self.all.cut = true;
        }
        names.sort();
        names
    }
}

/// Names in `/etc/ld.so.preload`: separated by space, tab, colon or line, `#` begins a comment.
fn preload_file(root: &Root) -> Vec<Vec<u8>> {
    let open = || {
        root.locate(Path::new("/etc/ld.so.preload"))
            .ok()?
            .open()
            .ok()
    };
    let mut bytes = Vec::new();
    if let Some(file) = open() {
        let _ = file.take(64 << 10).read_to_end(&mut bytes);
    }
    bytes
        .split(|byte| *byte == b'\n')
        .filter_map(|line| line.split(|byte| *byte == b'#').next())
        .flat_map(|line| line.split(|byte| matches!(byte, b' ' | b'\t' | b':')))
        .map(<[u8]>::to_vec)
        .collect()
}

/// `libx.so`, `libx.so.1`, but not `libx.so.txt.gz`, which `verify` refuses.
fn is_library(name: &str) -> bool {
    name.ends_with(".so") || name.contains(".so.")
}

fn is_driver(name: &str) -> bool {
    DRIVERS.iter().any(|driver| name.starts_with(driver))
}

#[cfg(test)]
mod tests;
