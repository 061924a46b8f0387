//! What loading each backend would need, with the variables that Ollama gives to the process that loads it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::{path_of, text};
use crate::event::Text;
use crate::event::library::{Closure, Library, Resolved};
use crate::event::tree::{Folder, Load, Ollama, Server};
use crate::source::facts::cpu_level;
use crate::source::library::Root;
use crate::source::library::closure::{closure, closure_of, objects_of};
use crate::source::library::facts::{Detail, facts};
use crate::source::library::object::Object;
use crate::source::library::search::{Environment, Requester, search};

/// Backend files of one folder that are followed.
const LOADS: usize = 6;
/// Backend files followed in all.
const ALL_LOADS: usize = 48;
/// Files whose facts are told.
const FILES: usize = 512;
/// Driver libraries, which no Ollama brings.
const DRIVERS: [&str; 3] = ["libcuda.so.1", "libnvidia-ml.so.1", "libvulkan.so.1"];

/// Follows loads while its budget lasts.
pub(super) struct Reader<'r> {
    root: &'r Root,
    /// As the program that loads backends sees the machine.
    environment: Environment,
    /// The program that loads backends: llama-server, or Ollama's own.
    program: PathBuf,
    /// The library folder.
    tree: PathBuf,
    /// The user's LD_LIBRARY_PATH, which Ollama puts behind its own folders.
    users: String,
    /// Objects of LD_PRELOAD.
    preload: Vec<PathBuf>,
    left: usize,
    drivers: Vec<Resolved>,
    files: BTreeMap<Text, Library>,
}

impl<'r> Reader<'r> {
    pub(super) fn new(ollama: &Ollama, server: &Server, root: &'r Root) -> Self {
        let later = ollama.markers.llama_server && !ollama.markers.runner;
        let program = match &ollama.llama_server.file {
            Some(file) if later => path_of(&file.path),
            _ => path_of(&ollama.file.path),
        };
        let mut environment = Environment::of_program(Some(&program), root, &path_of(&server.cwd));
        environment.cpu = cpu_level();
        let own = ollama.llama_server.file.as_ref().filter(|_| later);
        environment.secure = match own {
            Some(_) => ollama.llama_server.secure.is_some(),
            None => ollama.secure.is_some(),
        };
        // The loader of a server with more rights takes them out of its environment, so its children have neither.
        let value = |name| match ollama.secure {
            Some(_) => "",
            None => server.value(name),
        };
        let preload = if environment.secure {
            ""
        } else {
            value("LD_PRELOAD")
        };
        Self {
            root,
            environment,
            program,
            tree: path_of(&ollama.tree.path),
            users: value("LD_LIBRARY_PATH").to_owned(),
            preload: preload
                .split([' ', ':'])
                .filter(|name| name.contains('/'))
                .map(PathBuf::from)
                .collect(),
            left: ALL_LOADS,
            drivers: Vec::new(),
            files: BTreeMap::new(),
        }
    }

    /// Fills in what the folders and llama-server would load.
    pub(super) fn fill(&mut self, ollama: &mut Ollama) {
        let top = self.path_for(None);
        self.environment.library_path = Some(top.clone());
        if ollama.llama_server.file.is_some() {
            ollama.llama_server.closure = closure(&self.program, &self.environment, &[]);
            let objects = ollama.llama_server.closure.objects.clone();
            self.keep(&objects);
        }
        let chain = self.environment.program.iter().collect();
        let requester = Requester { chain };
        self.drivers = DRIVERS
            .iter()
            .map(|name| search(&Text::from(*name), &requester, &self.environment, &[]))
            .collect();
        // Where a driver is unpacked by hand, the name that is asked for may be missing.
        let absent = |name: &str| {
            let mut drivers = self.drivers.iter();
            drivers.any(|one| one.name.as_str() == name && one.file.is_none())
        };
        if absent("libcuda.so.1") {
            let link = search(
                &Text::from("libcuda.so"),
                &requester,
                &self.environment,
                &[],
            );
            self.drivers
                .extend(Some(link).filter(|link| link.file.is_some()));
        }
        self.keep(&self.drivers.clone());
        let preload = self.preload.clone();
        for file in preload {
            self.tell(&text(&file));
        }
        let tree = &mut ollama.tree;
        let whole = std::iter::once(&mut tree.top).chain(&mut tree.cwd);
        for folder in whole {
            folder.library_path = top.clone();
            self.follow(folder);
        }
        for folder in &mut tree.folders {
            folder.library_path = self.path_for(Some(&path_of(&folder.path)));
            self.follow(folder);
        }
    }

    /// What was found beside: driver libraries, and facts by path.
    pub(super) fn finish(self) -> (Vec<Resolved>, BTreeMap<Text, Library>) {
        (self.drivers, self.files)
    }

    /// LD_LIBRARY_PATH: the library folder, the backend's folder, what the user has (llm/server.go,
    /// llm/llama_server.go).
    fn path_for(&self, folder: Option<&Path>) -> Text {
        let mut all = vec![text(&self.tree)];
        all.extend(folder.map(text));
        let users = self.users.split(':').filter(|part| !part.is_empty());
        for part in users.map(Text::from) {
            if !all.contains(&part) {
                all.push(part);
            }
        }
        let bytes: Vec<_> = all.iter().map(Text::to_bytes).collect();
        Text::from_bytes(&bytes.join(&b':'))
    }

    fn follow(&mut self, folder: &mut Folder) {
        let backends: Vec<Text> = folder
            .files
            .iter()
            .filter(|file| file.problem.is_none() && is_backend(base(&file.path)))
            .map(|file| file.path.clone())
            .take(LOADS.min(self.left))
            .collect();
        if backends.is_empty() {
            return;
        }
        self.left -= backends.len();
        self.environment.library_path = Some(folder.library_path.clone());
        let loaded = self.loaded();
        for file in backends {
            let chain = self.environment.program.iter().collect();
            let closure = closure_of(&file, &Requester { chain }, &self.environment, &loaded);
            self.keep(&closure.objects);
            if !closure.missing_symbols.is_empty() {
                self.with_references(&closure.objects);
            }
            folder.loads.push(Load { file, closure });
        }
    }

    /// The objects that are there before any backend: the program, its preloads, and what they need.
    fn loaded(&self) -> Vec<Object> {
        let mut paths: Vec<PathBuf> = vec![self.program.clone()];
        paths.extend(self.preload.iter().cloned());
        for start in paths.clone() {
            let needed = objects_of(&start, &self.environment, &[]);
            let files = needed.iter().filter_map(|object| object.file.as_ref());
            for path in files.map(path_of) {
                if !paths.contains(&path) {
                    paths.push(path);
                }
            }
        }
        let read = |path: &PathBuf| {
            let object = Object::read(path, self.root).ok()?;
            Some(Object {
                global: true,
                ..object
            })
        };
        paths.iter().filter_map(read).collect()
    }

    fn keep(&mut self, objects: &[Resolved]) {
        for file in objects.iter().filter_map(|object| object.file.as_ref()) {
            self.tell(file);
        }
    }

    /// Which of these files asks for what nobody defines is in their references.
    fn with_references(&mut self, objects: &[Resolved]) {
        for file in objects.iter().filter_map(|object| object.file.as_ref()) {
            if let Some(known) = self.files.get_mut(file)
                && known.undefined.is_none()
            {
                *known = facts(&path_of(file), self.root, Detail::References);
            }
        }
    }

    fn tell(&mut self, file: &Text) {
        if self.files.len() < FILES && !self.files.contains_key(file) {
            let library = facts(&path_of(file), self.root, Detail::Plain);
            self.files.insert(file.clone(), library);
        }
    }
}

/// What loading `library` would need in a process of `program` with this LD_LIBRARY_PATH, on this machine.
#[must_use]
pub fn closure_in(
    library: &Path,
    program: Option<&Path>,
    library_path: Option<&Text>,
    cwd: &Path,
    root: &Root,
) -> Closure {
    let mut environment = Environment::of_program(program, root, cwd);
    environment.cpu = cpu_level();
    environment.library_path = library_path.cloned();
    let mut loaded: Vec<PathBuf> = program.map(Path::to_owned).into_iter().collect();
    let needed = program.map(|program| objects_of(program, &environment, &[]));
    let needed = needed.unwrap_or_default();
    loaded.extend(
        needed
            .iter()
            .filter_map(|object| object.file.as_ref())
            .map(path_of),
    );
    let read = |path: &PathBuf| {
        let object = Object::read(path, root).ok()?;
        Some(Object {
            global: true,
            ..object
        })
    };
    let loaded: Vec<Object> = loaded.iter().filter_map(read).collect();
    let chain = environment.program.iter().collect();
    closure_of(&text(library), &Requester { chain }, &environment, &loaded)
}

/// A ggml library other than base and the CPU's.
fn is_backend(name: &str) -> bool {
    name.starts_with("libggml-")
        && name.contains(".so")
        && !name.starts_with("libggml-base")
        && !name.starts_with("libggml-cpu")
}

fn base(path: &Text) -> &str {
    path.as_str().rsplit('/').next().unwrap_or_default()
}
