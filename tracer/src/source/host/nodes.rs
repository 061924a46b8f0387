//! GPU device nodes with mode and owner: who may open them often decides whether a backend works.

use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use super::below;
use crate::event::Text;
use crate::event::host::Node;

/// Folder, and what the names in it begin with.
const PLACES: [(&str, &str); 4] = [
    ("/dev", "nvidia"),
    ("/dev", "kfd"),
    ("/dev/nvidia-caps", ""),
    ("/dev/dri", ""),
];

/// More entries than a device folder has.
const MOST_ENTRIES: usize = 65_536;

/// The nodes in order of their paths. Folders between them (`by-path`) are left out.
pub(super) fn read(root: &Path) -> Vec<Node> {
    let mut nodes: Vec<Node> = PLACES
        .iter()
        .filter_map(|(folder, begin)| {
            let entries = std::fs::read_dir(below(root, folder)).ok()?;
            Some(entries.take(MOST_ENTRIES).filter_map(move |entry| {
                let entry = entry.ok()?;
                let name = entry.file_name();
                if !name.as_bytes().starts_with(begin.as_bytes()) {
                    return None;
                }
                let place = format!("{folder}/{}", name.to_str()?);
                let facts = std::fs::metadata(below(root, &place)).ok()?;
                (!facts.is_dir()).then(|| Node {
                    path: Text::from(place),
                    mode: facts.mode() & 0o7777,
                    owner: [facts.uid(), facts.gid()],
                })
            }))
        })
        .flatten()
        .collect();
    nodes.sort_by(|one, other| one.path.cmp(&other.path));
    nodes
}
