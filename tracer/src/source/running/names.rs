//! Names of containers, from the files in which their engines keep them: which id has a name, now and when it is made anew.
//!
//! Input: a root folder, and what is below it: docker's `containers/ID/config.v2.json` (`ID`, and `Name` behind a slash);
//! podman's and CRI-O's `*-containers/containers.json` and `volatile-containers.json` (`id`, `names`; containers/storage); nerdctl's
//! `names/NAMESPACE/NAME`, which holds the id (its docs/dir.md). Bounded reads; no engine is asked or started.

mod stores;

use std::collections::HashMap;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use super::container::is_whole_id;

/// Files that are remembered; a machine with more containers is read anew each time.
const REMEMBERED: usize = 4_096;

/// A container that has the name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Named {
    /// Its whole id.
    pub id: String,
    /// The engine that gave it the name, as its command is called.
    pub engine: &'static str,
}

/// Looks again and again who has a name. What has not changed since is not read again.
#[derive(Clone, Debug)]
pub struct Names {
    root: PathBuf,
    name: String,
    read: HashMap<PathBuf, (Stamp, Vec<Named>)>,
}

/// What changes when a file is written or another one takes its place: time of writing, size, inode.
type Stamp = (i64, i64, u64, u64);

impl Names {
    /// Who has the name below `root`.
    #[must_use]
    pub fn new(root: &Path, name: &str) -> Self {
        Self {
            root: root.to_owned(),
            name: name.to_owned(),
            read: HashMap::new(),
        }
    }

    /// The name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether any engine keeps containers here.
    #[must_use]
    pub fn has_engine(&self) -> bool {
        stores::all(&self.root)
            .iter()
            .any(|store| store.folder.is_dir())
    }

    /// Those that have the name now, in order of their ids.
    pub fn look(&mut self) -> Vec<Named> {
        let mut found = Vec::new();
        for store in stores::all(&self.root) {
            for file in store.files(&self.name) {
                found.extend(self.in_file(&store, file));
            }
        }
        found.sort();
        found.dedup();
        found
    }

    fn in_file(&mut self, store: &stores::Store, file: PathBuf) -> Vec<Named> {
        let Ok(facts) = std::fs::metadata(&file) else {
            self.read.remove(&file);
            return Vec::new();
        };
        let stamp = (facts.mtime(), facts.mtime_nsec(), facts.size(), facts.ino());
        if let Some((known, named)) = self.read.get(&file)
            && *known == stamp
        {
            return named.clone();
        }
        let ids = store.ids(&file, &self.name).into_iter();
        let named: Vec<Named> = ids
            .filter(|id| is_whole_id(id))
            .map(|id| Named {
                id,
                engine: store.engine,
            })
            .collect();
        if self.read.len() >= REMEMBERED {
            self.read.clear();
        }
        self.read.insert(file, (stamp, named.clone()));
        named
    }
}

#[cfg(test)]
mod tests;
