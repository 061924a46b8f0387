//! Facts about files that are gone later: read once a file, when the tracker asks.

use std::collections::{BTreeMap, HashSet};
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use super::host;
use super::library::candidates::{Candidate, Start, candidates};
use super::library::closure::{closure_of, objects_of};
use super::library::facts::{Detail, facts};
use super::library::layout::CpuLevel;
use super::library::object::Object;
use super::library::search::{Environment, Requester};
use super::place::{Doors, Place, View, Whose};
use super::tracker::{LoadContext, Process};
use crate::event::host::RootFacts;
use crate::event::library::Library;
use crate::event::{Seq, Text};

/// A failed load: file, LD_LIBRARY_PATH, working directory, objects opened for all.
type LoadKey = (Place, String, Option<Vec<u8>>, String, Vec<String>);
/// A program and the variables that decide what it loads.
type ProgramKey = (Place, String, Option<BTreeMap<String, Vec<u8>>>);

/// What was told already.
#[derive(Default)]
pub struct Facts {
    doors: Doors,
    /// Mount namespaces that are gone, and files in them were not read.
    unread: HashSet<u32>,
    told: HashSet<(Place, String)>,
    /// Roots that were told: mount namespace, device and inode of the folder.
    roots: HashSet<(u32, u64, u64)>,
    explained: HashSet<LoadKey>,
    /// Programs whose files were looked at, with what decides about them.
    programs: HashSet<ProgramKey>,
    cpu: Option<CpuLevel>,
}

impl Facts {
    /// How the files of a process are reached; `None` when it has ended and they cannot be told from others of their names.
    pub fn view(&mut self, whose: Whose) -> Option<View> {
        self.doors.view(whose)
    }

    /// Its files cannot be looked at any more, and this is the first process of its mount namespace of which that is so.
    pub fn is_first_unread(&mut self, whose: Whose) -> bool {
        whose
            .foreign
            .is_some_and(|namespace| self.view(whose).is_none() && self.unread.insert(namespace))
    }

    /// Looks through a process that is there all the while, at a few tries.
    fn looked<T>(&mut self, whose: Whose, look: impl Fn(&mut Self, &View) -> T) -> Option<T> {
        const TRIES: usize = 4;
        for _ in 0..TRIES {
            let view = self.view(whose)?;
            let found = look(self, &view);
            if view.stands() {
                return Some(found);
            }
        }
        None
    }

    /// Facts about a mapped file, the first time it is asked for.
    pub fn library(&mut self, whose: Whose, path: &str) -> Option<Library> {
        let key = (self.view(whose)?.place().clone(), path.to_owned());
        if self.told.contains(&key) {
            return None;
        }
        let detail = if is_of_interest(path) {
            Detail::References
        } else {
            Detail::Plain
        };
        let found = self.looked(whose, |_, view| {
            facts(&view.inside(path), &view.root(), detail)
        })?;
        self.told.insert(key);
        // The trace names the file as the kernel does.
        Some(Library {
            path: Text::from(path),
            ..found
        })
    }

    /// Facts about the root of the mount namespace it is in, where that is another one than the recorder's and they were not
    /// told yet.
    pub fn root(&mut self, whose: Whose) -> Option<RootFacts> {
        let namespace = whose.foreign?;
        let (key, found) = self.looked(whose, |facts, view| {
            let door = view.foreign_root()?;
            let folder = std::fs::metadata(door).ok()?;
            let key = (namespace, folder.dev(), folder.ino());
            (!facts.roots.contains(&key)).then(|| (key, host::of_root(namespace, door)))
        })??;
        // As many as a machine that makes containers all day.
        const MOST: usize = 4_096;
        if self.roots.len() >= MOST {
            self.roots.clear();
        }
        self.roots.insert(key);
        Some(found)
    }

    /// Files of a new program that may need probes, absolute as the program sees them.
    pub fn program(
        &mut self,
        whose: Whose,
        exe: &str,
        process: Option<&Process>,
    ) -> Vec<Candidate> {
        let Some(view) = self.view(whose) else {
            return Vec::new();
        };
        let value = |name: &str| {
            let raw = process?.search.get(name)?;
            Some(Text::from_bytes(raw))
        };
        let seen = |path: &str| view.inside(path);
        let key = (
            view.place().clone(),
            exe.to_owned(),
            process.map(|process| process.search.clone()),
        );
        if !self.programs.insert(key) {
            return Vec::new();
        }
        let cwd = process
            .and_then(|process| process.cwd.value())
            .map(|cwd| cwd.as_str().to_owned());
        let start = Start {
            library_path: value("LD_LIBRARY_PATH"),
            preload: value("LD_PRELOAD"),
            backend_path: value("GGML_BACKEND_PATH"),
            cwd: seen(&cwd.unwrap_or_default()),
        };
        candidates(&seen(exe), &start, &view.root()).list
    }

    /// Who provides what for a load that failed; told once for the same file under the same circumstances.
    pub fn closure(
        &mut self,
        whose: Whose,
        error: Seq,
        file: &str,
        context: &LoadContext,
    ) -> Option<Library> {
        let view = self.view(whose)?;
        let seen = context.seen_from(&view);
        let key = (
            view.place().clone(),
            file.to_owned(),
            seen.library_path.clone(),
            seen.cwd.clone(),
            seen.global.clone(),
        );
        if self.explained.contains(&key) {
            return None;
        }
        let mut library = self.looked(whose, |facts, view| facts.provided(view, file, context))?;
        self.explained.insert(key);
        let told = (view.place().clone(), library.path.as_str().to_owned());
        self.told.insert(told);
        if let Some(closure) = &mut library.closure {
            closure.error = Some(error);
        }
        Some(library)
    }

    /// Facts about the file that was asked for, with its closure.
    fn provided(&mut self, view: &View, file: &str, context: &LoadContext) -> Library {
        let context = &context.seen_from(view);
        let exe = context.exe.as_deref().unwrap_or_default();
        let root = view.root();
        let exe = (!exe.is_empty()).then(|| Path::new(exe));
        let mut environment = Environment::of_program(exe, &root, Path::new(&context.cwd));
        environment.library_path = context.library_path.as_deref().map(Text::from_bytes);
        environment.secure = context.secure;
        environment.cpu = *self.cpu.get_or_insert_with(cpu_level);
        let loaded = loaded_objects(&environment, context);
        let caller = context.caller.as_ref().and_then(|path| {
            loaded
                .iter()
                .find(|object| object.path.as_os_str() == path.as_str())
        });
        let chain = caller
            .into_iter()
            .chain(environment.program.as_ref())
            .collect();
        let absolute = if file.contains('/') {
            Path::new(&context.cwd)
                .join(file)
                .to_string_lossy()
                .into_owned()
        } else {
            file.to_owned()
        };
        let name = Text::from(absolute.as_str());
        let closure = closure_of(&name, &Requester { chain }, &environment, &loaded);
        // A bare name may lead to a file, or to none.
        let found = closure
            .objects
            .first()
            .and_then(|object| object.file.clone());
        let mut library = match (&found, file.contains('/')) {
            (Some(path), _) => facts(Path::new(path.as_str()), &root, Detail::References),
            (None, true) => facts(Path::new(&absolute), &root, Detail::References),
            (None, false) => Library {
                path: name,
                problem: Some(Text::from("no such file in any place that was searched")),
                ..Library::default()
            },
        };
        library.closure = Some(closure);
        library
    }
}

impl LoadContext {
    /// The same with paths as the process itself sees them.
    fn seen_from(&self, view: &View) -> Self {
        let seen = |path: &String| view.inside(path).to_string_lossy().into_owned();
        Self {
            exe: self.exe.as_ref().map(seen),
            cwd: seen(&self.cwd),
            caller: self.caller.as_ref().map(seen),
            loaded: self.loaded.iter().map(seen).collect(),
            global: self.global.iter().map(seen).collect(),
            ..self.clone()
        }
    }
}

/// The objects of a process: those the program needs and those opened with RTLD_GLOBAL serve everybody.
fn loaded_objects(environment: &Environment, context: &LoadContext) -> Vec<Object> {
    let mut shared: HashSet<String> = context.global.iter().cloned().collect();
    let roots = context.exe.iter().chain(&context.global).map(Path::new);
    for path in roots {
        let objects = objects_of(path, environment, &[]);
        shared.extend(
            objects
                .into_iter()
                .filter_map(|object| object.file.map(|file| real(environment, file.as_str()))),
        );
    }
    let objects = context.loaded.iter().filter_map(|path| {
        let object = Object::read(Path::new(path), &environment.root).ok()?;
        let global = shared.contains(path) || context.exe.as_deref() == Some(path.as_str());
        Some(Object { global, ..object })
    });
    objects.collect()
}

/// The kernel names a mapped file without links; a search names the link it found.
fn real(environment: &Environment, path: &str) -> String {
    environment.root.locate(Path::new(path)).map_or_else(
        |_| path.to_owned(),
        |located| located.file.to_string_lossy().into_owned(),
    )
}

/// The level of this machine's processor.
pub(super) fn cpu_level() -> CpuLevel {
    let text = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let flags = text
        .lines()
        .find(|line| line.starts_with("flags"))
        .unwrap_or_default();
    CpuLevel::from_flags(flags)
}

/// Libraries whose undefined references are kept: those of backends, drivers and runtimes.
#[must_use]
pub fn is_of_interest(path: &str) -> bool {
    const NAMES: &[&str] = &[
        "ggml", "llama", "cuda", "cublas", "nvidia", "vulkan", "hip", "rocm", "hsa", "vgpu", "mlx",
    ];
    let name = path.rsplit('/').next().unwrap_or(path);
    path.contains("/lib/ollama/") || NAMES.iter().any(|part| name.contains(part))
}
