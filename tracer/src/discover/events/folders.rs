//! Folders that may hold a backend: those the server met, those it was asked for, those a child used.

use std::collections::BTreeMap;

use super::roles;
use super::roles::base;
use super::server::Looking;
use crate::discover::model::{Evidence, Folder, Model, Place, Tried};
use crate::event::Text;

/// File types of `st_mode` (stat(2)).
const S_IFMT: u32 = 0o170_000;
const S_IFDIR: u32 = 0o040_000;
/// Folders that one server is asked about at most.
const MAX_FOLDERS: usize = 4_096;

/// Fills the library folder and the folders of the model.
pub(super) fn gather(model: &mut Model, looking: &Looking) {
    let library = library_path(model, looking);
    let mut folders: BTreeMap<Text, Folder> = BTreeMap::new();
    if let Some(library) = &library {
        of_library(library, looking, &mut folders);
        top_level(library, looking, &mut folders);
    }
    working_directory(model, library.as_ref(), &mut folders);
    name_paths(model, &folders);
    tried(model, &mut folders);
    requested(model, library.as_ref(), &mut folders);
    skipped(model, &mut folders);
    model.folders = folders.into_values().collect();
    model
        .folders
        .sort_by(|one, two| (&one.path, &one.name).cmp(&(&two.path, &two.name)));
    if let (Some(library), Some(server)) = (library, model.server.as_mut()) {
        let own = &mut server.library_dir;
        if let Some(listing) = looking.lists.get(&library).filter(|one| !one.partial) {
            own.names = Some(listing.names.clone());
            own.seen.clone_from(&listing.seen);
        }
        own.unreadable = looking.refused.get(&library).cloned();
        if own.unreadable.is_none()
            && let Some(look) = looking.stats.get(&library)
            && let (Some(err), Some(seen)) = (look.err, &look.seen)
            && !own.tried.iter().any(|tried| tried.path == library)
        {
            own.tried.push(Tried {
                path: library.clone(),
                err: Some(err),
                seen: seen.clone(),
            });
        }
        own.path = library;
    }
}

/// The library folder: what children were given, else what the server listed, else what it found by stat.
fn library_path(model: &Model, looking: &Looking) -> Option<Text> {
    model.server.as_ref()?;
    for child in &model.children {
        let Some(step) = child.role.step() else {
            continue;
        };
        let value = |name: &str| {
            let found = child.env.iter().find(|one| one.k.as_str() == name);
            found.and_then(|one| one.v.as_ref()).map(Text::as_str)
        };
        let path = match step {
            super::Step::Runner => {
                value("OLLAMA_LIBRARY_PATH").and_then(|all| roles::folders(all).0)
            }
            _ => value("LD_LIBRARY_PATH").and_then(|all| roles::folders(all).0),
        };
        if let Some(path) = path.filter(|path| path.starts_with('/')) {
            return Some(Text::from(path.trim_end_matches('/')));
        }
    }
    let is_library = |path: &&Text| path.as_str().ends_with("lib/ollama");
    let listed = looking.lists.keys().find(is_library);
    let refused = looking.refused.keys().find(is_library);
    let found = looking.order.iter().filter(is_library).find(|path| {
        looking
            .stats
            .get(*path)
            .is_some_and(|look| look.err.is_none())
    });
    listed.or(refused).or(found).cloned()
}

/// Entries of the library folder that are folders, or look like they should be.
fn of_library(library: &Text, looking: &Looking, folders: &mut BTreeMap<Text, Folder>) {
    let listing = looking.lists.get(library);
    let names = listing.map_or(&[][..], |listing| listing.names.as_slice());
    for name in names {
        if matches!(name.as_str(), "." | "..") || folders.len() >= MAX_FOLDERS {
            continue;
        }
        let path = Text::from(format!("{library}/{name}"));
        let look = looking.stats.get(&path);
        let list = looking.lists.get(&path);
        let is_folder = list.is_some()
            || look.is_some_and(|look| look.mode.is_some_and(|mode| mode & S_IFMT == S_IFDIR));
        if !is_folder && !is_backend_name(name.as_str()) {
            continue;
        }
        let mut folder = Folder {
            name: name.clone(),
            path: path.clone(),
            place: Place::Below,
            seen: listing.and_then(|listing| listing.seen.clone()),
            ..Folder::default()
        };
        if let Some(list) = list {
            folder.names = Some(list.names.clone());
            folder.listed.clone_from(&list.seen);
            folder.matches = matches(&list.names);
        } else if let Some((err, seen)) = looking
            .refused
            .get(&path)
            .filter(|(err, _)| !matches!(err.0, 2 | 40))
        {
            folder.unreadable = Some((*err, seen.clone()));
        } else if let Some(look) = look {
            match (look.err, look.mode) {
                // The listing has the name and stat, which follows links, does not find it (ENOENT), or follows them without
                // end (ELOOP).
                (Some(err), _) if matches!(err.0, 2 | 40) => folder.dangling.clone_from(&look.seen),
                (Some(err), _) => {
                    folder.unreadable = look.seen.clone().map(|seen| (err, seen));
                }
                (None, Some(mode)) if mode & S_IFMT != S_IFDIR => {
                    folder.no_folder.clone_from(&look.seen);
                }
                _ => {}
            }
        }
        folders.insert(path, folder);
    }
    // A library folder that could not be listed may still have been asked for one by one.
    if listing.is_none() {
        for (path, (err, seen)) in &looking.refused {
            let below = path.as_str().rsplit_once('/');
            // `lib/ollama/.`, by which a Glob looks too, is that folder itself.
            if below.is_some_and(|(parent, name)| {
                parent == library.as_str() && !matches!(name, "" | "." | "..")
            }) {
                let name = Text::from(base(path.as_str()));
                folders.insert(
                    path.clone(),
                    Folder {
                        name,
                        path: path.clone(),
                        unreadable: Some((*err, seen.clone())),
                        ..Folder::default()
                    },
                );
            }
        }
    }
}

/// Backends beside the CPU's own files at the top of the library folder.
fn top_level(library: &Text, looking: &Looking, folders: &mut BTreeMap<Text, Folder>) {
    let Some(listing) = looking.lists.get(library) else {
        return;
    };
    let found: Vec<Text> = listing
        .names
        .iter()
        .filter(|name| is_gpu_backend(name.as_str()))
        .cloned()
        .collect();
    if !found.is_empty() {
        folders.insert(
            library.clone(),
            Folder {
                name: Text::from("toplevel"),
                path: library.clone(),
                place: Place::TopLevel,
                seen: listing.seen.clone(),
                listed: listing.seen.clone(),
                matches: found,
                names: Some(listing.names.clone()),
                ..Folder::default()
            },
        );
    }
}

/// Backends in the working directory: llama-server and plain ggml programs look there.
fn working_directory(model: &Model, library: Option<&Text>, folders: &mut BTreeMap<Text, Folder>) {
    for child in &model.children {
        for walked in &child.walked {
            if walked.path != child.cwd
                || library == Some(&walked.path)
                || folders.len() >= MAX_FOLDERS
            {
                continue;
            }
            let names = walked.names.as_deref().unwrap_or_default();
            let found: Vec<Text> = names
                .iter()
                .filter(|name| is_gpu_backend(name.as_str()))
                .cloned()
                .collect();
            if found.is_empty() {
                continue;
            }
            folders
                .entry(walked.path.clone())
                .or_insert_with(|| Folder {
                    name: Text::from("cwd"),
                    place: Place::WorkingDirectory,
                    matches: found,
                    ..walked.clone()
                });
        }
    }
}

/// Paths of attempts whose process was never made, by the name of their folder.
fn name_paths(model: &mut Model, folders: &BTreeMap<Text, Folder>) {
    for attempt in &mut model.attempts {
        let nameless = attempt.path.is_empty() && !attempt.dir.is_empty();
        let mut below = folders.values().filter(|one| one.place == Place::Below);
        if let Some(folder) = below.find(|one| nameless && one.name == attempt.dir) {
            attempt.path = folder.path.clone();
        }
    }
}

/// Folders that were tried and are in no listing: from the children's own variables.
fn tried(model: &Model, folders: &mut BTreeMap<Text, Folder>) {
    for attempt in &model.attempts {
        // A relative path is of a server that does not know its own place, and of its working directory.
        if !attempt.path.as_str().starts_with('/') || folders.contains_key(&attempt.path) {
            continue;
        }
        folders.insert(
            attempt.path.clone(),
            Folder {
                name: attempt.dir.clone(),
                path: attempt.path.clone(),
                place: Place::Elsewhere,
                seen: attempt.seen.clone(),
                ..Folder::default()
            },
        );
    }
}

/// The folder that OLLAMA_LLM_LIBRARY names, whether it is there or not.
fn requested(model: &Model, library: Option<&Text>, folders: &mut BTreeMap<Text, Folder>) {
    let Some(value) = model.server_variable("OLLAMA_LLM_LIBRARY") else {
        return;
    };
    let name = value.as_str().trim_matches(['"', '\'', ' ']);
    if name.is_empty() {
        return;
    }
    let seen = model
        .server
        .as_ref()
        .and_then(|server| server.seen.as_ref());
    let said = seen.map(|seen| Evidence {
        at: seen.at.clone(),
        text: Text::from(format!("OLLAMA_LLM_LIBRARY={value}")),
    });
    let known = folders
        .values_mut()
        .find(|folder| folder.name.as_str() == name);
    match known {
        Some(folder) => folder.requested = said,
        None => {
            // Only the names of folders are compared (discover/runner.go): a path names none.
            let path = match library {
                Some(library) if !name.contains('/') => format!("{library}/{name}"),
                _ => name.to_owned(),
            };
            if folders.contains_key(&Text::from(path.as_str())) {
                of_path(name, said, folders);
                return;
            }
            folders.insert(
                Text::from(path.clone()),
                Folder {
                    name: Text::from(name),
                    path: Text::from(path),
                    requested: said,
                    ..Folder::default()
                },
            );
        }
    }
}

/// A value that is the path of a folder which is there. The request is for no folder, under a key that is none's.
fn of_path(path: &str, said: Option<Evidence>, folders: &mut BTreeMap<Text, Folder>) {
    let folder = Folder {
        name: Text::from(path),
        requested: said,
        ..Folder::default()
    };
    folders.insert(Text::from(format!("OLLAMA_LLM_LIBRARY={path}")), folder);
}

/// Lines with which the server passes a folder over.
fn skipped(model: &Model, folders: &mut BTreeMap<Text, Folder>) {
    for line in &model.lines {
        let message = line.message.as_str();
        if !(message.starts_with("skipping available library")
            || message.starts_with("jetpack not detected"))
        {
            if message.starts_with("experimental Vulkan support disabled") {
                for folder in folders.values_mut() {
                    if folder.name.as_str().contains("vulkan") && folder.skip_line.is_none() {
                        folder.skip_line.clone_from(&line.seen);
                    }
                }
            }
            continue;
        }
        let Some(dir) = line.field("libDir") else {
            continue;
        };
        if let Some(folder) = folders.get_mut(&Text::from(dir)) {
            folder.skip_line.clone_from(&line.seen);
        }
    }
}

/// Names that match the server's pattern `*ggml-*` (discover/runner.go), sorted.
fn matches(names: &[Text]) -> Vec<Text> {
    let mut found: Vec<Text> = names
        .iter()
        .filter(|name| name.as_str().contains("ggml-"))
        .cloned()
        .collect();
    found.sort();
    found
}

/// A file of a GPU backend: not ggml's core, not the CPU's.
pub(super) fn is_gpu_backend(name: &str) -> bool {
    name.strip_prefix("libggml-").is_some_and(|rest| {
        rest.contains(".so") && !rest.starts_with("base") && !rest.starts_with("cpu")
    })
}

/// A name that Ollama's packages give to a folder of a backend.
fn is_backend_name(name: &str) -> bool {
    ["cuda_", "rocm", "vulkan", "hip", "mlx_", "oneapi", "musa"]
        .iter()
        .any(|start| name.starts_with(start))
}
