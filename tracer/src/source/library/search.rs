//! Finds the file that glibc's loader would take for a name, and every place it would look at before
//! (glibc, elf/dl-load.c, `_dl_map_object`).
//!
//! Not imitated: the legacy hardware folders (`tls`, `haswell`, `avx512_1`) that glibc before 2.37 also tries below each
//! folder, and permissions of another user.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use super::cache::Cache;
use super::expand::{self, Tokens};
use super::facts::text;
use super::layout::{CpuLevel, Layout};
use super::object::Object;
use super::verify::{Verdict, verify};
use super::{Image, Root};
use crate::event::library::{Resolved, Tried};
use crate::event::{Errno, Text};

/// What a search depends on besides the objects themselves.
#[derive(Clone, Debug)]
pub struct Environment {
    /// The process's root.
    pub root: Root,
    /// Its current folder.
    pub cwd: PathBuf,
    /// LD_LIBRARY_PATH, as it was when the program started.
    pub library_path: Option<Text>,
    /// AT_SECURE: LD_LIBRARY_PATH does not count.
    pub secure: bool,
    /// Processor level.
    pub cpu: CpuLevel,
    /// `$PLATFORM` (AT_PLATFORM).
    pub platform: Text,
    /// What is built into its loader.
    pub layout: Layout,
    /// Its `/etc/ld.so.cache`.
    pub cache: Cache,
    /// The program: its DT_RPATH serves all, its folder is `$ORIGIN` in LD_LIBRARY_PATH.
    pub program: Option<Object>,
}

impl Environment {
    /// Reads what the files say: the program's interpreter for the built-in folders, and the cache. A root without a
    /// cache has an empty one.
    #[must_use]
    pub fn of_program(program: Option<&Path>, root: &Root, cwd: &Path) -> Self {
        const LOADER: &str = "/lib64/ld-linux-x86-64.so.2";
        let interpreter = program
            .and_then(|path| Image::open(path, root).ok())
            .and_then(|image| image.interpreter());
        let loader = interpreter.map_or_else(|| PathBuf::from(LOADER), |text| path_of(&text));
        let main = program.and_then(|path| Object::read(path, root).ok());
        Self {
            root: root.clone(),
            cwd: cwd.to_owned(),
            library_path: None,
            secure: false,
            cpu: CpuLevel::V1,
            platform: Text::from("x86_64"),
            layout: Layout::of_loader(&loader, root),
            cache: Cache::read(root).unwrap_or_default(),
            program: main.map(|object| Object {
                global: true,
                ..object
            }),
        }
    }

    fn tokens<'a>(&'a self, object: Option<&'a Object>) -> Tokens<'a> {
        Tokens {
            origin: object.and_then(Object::origin),
            platform: &self.platform,
            layout: &self.layout,
            cwd: &self.cwd,
            secure: self.secure,
        }
    }

    /// Folders of LD_LIBRARY_PATH.
    #[must_use]
    pub fn library_folders(&self) -> Vec<PathBuf> {
        match &self.library_path {
            Some(list) if !self.secure => {
                expand::folders(list, b":;", &self.tokens(self.program.as_ref()))
            }
            _ => Vec::new(),
        }
    }

    /// Folders of DT_RUNPATH, or of DT_RPATH where there is none.
    #[must_use]
    pub fn own_folders(&self, object: &Object) -> Vec<PathBuf> {
        let list = object.runpath.as_ref().or(object.rpath.as_ref());
        list.map_or_else(Vec::new, |list| {
            expand::folders(list, b":", &self.tokens(Some(object)))
        })
    }
}

/// Who asks: the object that needs a name first, then the object that caused it to be loaded, and so on. Empty when
/// nobody is known.
#[derive(Clone, Debug, Default)]
pub struct Requester<'a> {
    /// The chain.
    pub chain: Vec<&'a Object>,
}

/// Finds the file for `name`. `loaded` are the objects already there, in order.
#[must_use]
pub fn search(
    name: &Text,
    requester: &Requester<'_>,
    environment: &Environment,
    loaded: &[Object],
) -> Resolved {
    let asker = requester.chain.first().copied();
    let by = asker.map_or_else(Text::default, |object| text(&object.path));
    let mut place = Place {
        environment,
        resolved: Resolved {
            name: name.clone(),
            by,
            ..Resolved::default()
        },
    };
    if let Some(object) = loaded.iter().find(|object| object.answers(name)) {
        place.take("loaded", text(&object.path));
        return place.resolved;
    }
    if name.to_bytes().contains(&b'/') {
        if let Some(bytes) = expand::expand(&name.to_bytes(), &environment.tokens(asker)) {
            let path = environment.cwd.join(OsStr::from_bytes(&bytes));
            place.look("path", &path);
        }
        return place.resolved;
    }
    place.by_name(name, requester);
    if place.resolved.file.is_none() {
        place.look_for_folders();
    }
    place.resolved
}

/// A search in progress. Each step is true when the search is over: found, or given up.
struct Place<'e> {
    environment: &'e Environment,
    resolved: Resolved,
}

impl Place<'_> {
    fn by_name(&mut self, name: &Text, requester: &Requester<'_>) -> bool {
        let environment = self.environment;
        let asker = requester.chain.first().copied();
        if asker.is_none_or(|object| object.runpath.is_none()) {
            let program = environment.program.as_ref();
            for object in requester.chain.iter().copied().chain(program) {
                if object.rpath.is_some()
                    && self.in_folders("rpath", &environment.own_folders(object), name)
                {
                    return true;
                }
            }
        }
        if self.in_folders("LD_LIBRARY_PATH", &environment.library_folders(), name) {
            return true;
        }
        if let Some(object) = asker.filter(|object| object.runpath.is_some())
            && self.in_folders("runpath", &environment.own_folders(object), name)
        {
            return true;
        }
        let defaults = &environment.layout.default_folders;
        let no_defaults = asker.is_some_and(|object| object.no_default_folders);
        if let Some(file) = environment.cache.lookup(name, environment.cpu).first() {
            let file = path_of(file);
            let in_default = defaults.iter().any(|folder| file.starts_with(folder));
            if !(no_defaults && in_default) && self.look("cache", &file) {
                return true;
            }
        }
        !no_defaults && self.in_folders("default", defaults, name)
    }

    fn in_folders(&mut self, via: &str, folders: &[PathBuf], name: &Text) -> bool {
        folders
            .iter()
            .any(|folder| self.in_folder(via, folder, name))
    }

    /// The folder's hardware folders first, those that exist.
    fn in_folder(&mut self, via: &str, folder: &Path, name: &Text) -> bool {
        let file = path_of(name);
        let root = &self.environment.root;
        let hardware = folder.join("glibc-hwcaps");
        if root.locate(&hardware).is_ok() {
            for level in self.environment.cpu.folders() {
                let below = hardware.join(level);
                if root.locate(&below).is_ok() && self.look(via, &below.join(&file)) {
                    return true;
                }
            }
        }
        self.look(via, &folder.join(file))
    }

    fn look(&mut self, via: &str, path: &Path) -> bool {
        let (problem, over) = match verify(path, &self.environment.root) {
            Verdict::Taken(_) => {
                self.take(via, text(path));
                return true;
            }
            Verdict::Absent => (None, false),
            Verdict::PassedOver(problem) => (Some(problem), false),
            Verdict::GivenUp(problem) => (Some(problem), true),
        };
        let tried = Tried {
            file: text(path),
            via: Text::from(via),
            problem: problem.map(|problem| Text::from(problem.to_string())),
            folder: None,
        };
        if !self.resolved.tried.contains(&tried) {
            self.resolved.tried.push(tried);
        }
        over
    }

    /// Which of the folders are none.
    fn look_for_folders(&mut self) {
        let root = &self.environment.root;
        for tried in self.resolved.tried.iter_mut() {
            if tried.problem.is_none()
                && let Some(folder) = path_of(&tried.file).parent()
            {
                tried.folder = match root.locate(folder) {
                    Ok(located) if located.metadata.is_dir() => None,
                    Ok(_) => Some(Errno(20)),
                    Err(error) => match error.raw_os_error() {
                        Some(2) => Some(Errno(2)),
                        Some(20) => Some(Errno(20)),
                        _ => None,
                    },
                };
            }
        }
    }

    fn take(&mut self, via: &str, file: Text) {
        self.resolved.file = Some(file);
        self.resolved.via = Some(Text::from(via));
    }
}

pub(super) fn path_of(text: &Text) -> PathBuf {
    PathBuf::from(OsStr::from_bytes(&text.to_bytes()))
}

#[cfg(test)]
mod tests;
