//! Driver and runtime libraries that the dynamic loader finds by name: from its cache, else from its default folders.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::file;
use super::library_tree::path_of;
use crate::event::Text;
use crate::event::doctor::Driver;
use crate::source::library::Root;
use crate::source::library::layout::CpuLevel;
use crate::source::library::search::Environment;

/// Beginnings of the names that are looked for, with the number of the interface after `.so.`.
const FAMILIES: [&str; 8] = [
    "libcuda.so.",
    "libnvidia-ml.so.",
    "libcudart.so.",
    "libcublas.so.",
    "libcublasLt.so.",
    "libvulkan.so.",
    "libamdhip64.so.",
    "libze_loader.so.",
];
/// Names looked for in the default folders, where the cache does not have them.
const EXPECTED: [&str; 3] = ["libcuda.so.1", "libnvidia-ml.so.1", "libvulkan.so.1"];
/// Libraries told at most.
const MOST: usize = 64;

/// Reads them in order of name. `program` decides which loader, and so which default folders, count.
pub(super) fn read(program: Option<&Path>, cwd: &Path, root: &Root) -> Vec<Driver> {
    let environment = Environment::of_program(program, root, cwd);
    let mut found: BTreeMap<Text, (&str, PathBuf)> = BTreeMap::new();
    for (name, _) in environment.cache.iter() {
        let known = FAMILIES
            .iter()
            .any(|family| name.as_str().starts_with(family));
        if !known || found.len() >= MOST {
            continue;
        }
        if let Some(path) = environment.cache.lookup(name, CpuLevel::V4).first() {
            found.insert(name.clone(), ("cache", path_of(path)));
        }
    }
    for name in EXPECTED {
        let in_folder = environment
            .layout
            .default_folders
            .iter()
            .map(|folder| folder.join(name))
            .find(|path| root.locate(path).is_ok());
        if let Some(path) = in_folder {
            found.entry(Text::from(name)).or_insert(("folder", path));
        }
    }
    found
        .into_iter()
        .map(|(name, (via, path))| Driver {
            name,
            via: Text::from(via),
            file: file(&path, root),
        })
        .collect()
}
