//! Folders and the library folder, from the paths that lines name.

use super::Story;
use crate::discover::model::{Evidence, Folder, Place};
use crate::discover::slog::values::{base_name, parent};
use crate::event::Text;

/// Most folders that are kept.
const MOST_FOLDERS: usize = 4000;

impl Story {
    /// The library folder of the server: `lib/ollama`, from the first of the folders that a process was given.
    pub(super) fn library_dir(&mut self, path: &str, seen: &Evidence) {
        let dir = &mut self.server().library_dir;
        // A server that does not know its own place has none: `[ tmp]`.
        if dir.path.is_empty() && path != base_name(path) {
            dir.path = Text::from(path);
            dir.seen = Some(seen.clone());
        }
    }

    /// A folder that the server met below its library folder; `None` when there is no room for it.
    pub(super) fn folder(&mut self, path: &str, seen: &Evidence) -> Option<&mut Folder> {
        let name = base_name(path);
        let at = self.model.folders.iter().position(|folder| {
            folder.path.as_str() == path || (folder.path.is_empty() && folder.name.as_str() == name)
        });
        let at = match at {
            Some(at) => at,
            None => self.add_folder(Folder {
                name: Text::from(name),
                ..Folder::default()
            })?,
        };
        let folder = self.model.folders.get_mut(at)?;
        if folder.path.is_empty() && path != name {
            folder.path = Text::from(path);
        }
        if folder.seen.is_none() {
            folder.seen = Some(seen.clone());
        }
        Some(folder)
    }

    /// A folder that was asked for by name; nothing tells whether it exists.
    pub(super) fn requested(&mut self, name: &str, seen: &Evidence) {
        let at = self
            .model
            .folders
            .iter()
            .position(|folder| folder.name.as_str() == name);
        let at = at.or_else(|| {
            self.add_folder(Folder {
                name: Text::from(name),
                ..Folder::default()
            })
        });
        if let Some(folder) = at.and_then(|at| self.model.folders.get_mut(at)) {
            folder.requested.get_or_insert_with(|| seen.clone());
        }
    }

    /// A file of a backend that a process named: its folder, and the file in it.
    pub(super) fn backend_file(&mut self, file: &str, seen: &Evidence) {
        let (dir, name) = (parent(file), base_name(file));
        if dir.is_empty() || name.contains("ggml-cpu") || name.contains("ggml-base") {
            return;
        }
        let library_dir = self
            .model
            .server
            .as_ref()
            .map_or("", |server| server.library_dir.path.as_str());
        let (folder_name, place) = if dir == library_dir {
            ("toplevel", Place::TopLevel)
        } else if parent(dir) == library_dir {
            (base_name(dir), Place::Below)
        } else {
            (base_name(dir), Place::Elsewhere)
        };
        let at = self
            .model
            .folders
            .iter()
            .position(|folder| folder.path.as_str() == dir);
        let at = at.or_else(|| {
            self.add_folder(Folder {
                name: Text::from(folder_name),
                path: Text::from(dir),
                place,
                seen: Some(seen.clone()),
                ..Folder::default()
            })
        });
        if let Some(folder) = at.and_then(|at| self.model.folders.get_mut(at)) {
            let name = Text::from(name);
            if name.as_str().contains("ggml-") && !folder.matches.contains(&name) {
                folder.matches.push(name);
            }
        }
    }

    /// The folders of all backends that processes named, when all was read.
    pub(super) fn backend_files(&mut self) {
        let named: Vec<_> = self
            .model
            .children
            .iter()
            .flat_map(|child| &child.loads)
            .filter_map(|load| Some((load.file.clone()?, load.seen.clone()?)))
            .filter(|(file, _)| file.as_str().contains("ggml-"))
            .collect();
        for (file, seen) in named {
            self.backend_file(file.as_str(), &seen);
        }
    }

    fn add_folder(&mut self, folder: Folder) -> Option<usize> {
        let seen = folder
            .seen
            .as_ref()
            .map_or(0, |seen| seen.text.as_str().len());
        let full = self.model.folders.len() >= MOST_FOLDERS;
        if full || !self.room.take(seen + 400) {
            return None;
        }
        self.model.folders.push(folder);
        Some(self.model.folders.len() - 1)
    }
}
