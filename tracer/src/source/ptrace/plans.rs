//! What is watched of each file, by device and inode: planned once, planted wherever the file is mapped.

use std::collections::{HashMap, HashSet};
use std::fs::File;
use std::os::unix::fs::MetadataExt;
use std::sync::Arc;

use vgputrace_ebpf::wire::FnDesc;

use super::point::{LONGEST, Role};
use super::space::FileId;
use crate::source::library::Image;
use crate::source::plan::{self, Back, Calls, EntryPoint, Interest, Plan, Table};
use crate::source::tracker::Probes;

/// A place of a file that is watched.
#[derive(Clone, Copy, Debug)]
pub(super) struct FilePoint {
    /// Its offset in the file.
    pub(super) offset: u64,
    /// Why.
    pub(super) role: Role,
    /// What the file has there. Memory may show the breakpoint of another tracer.
    pub(super) bytes: [u8; LONGEST],
}

/// The breakpoints of one file.
#[derive(Clone, Debug, Default)]
pub(super) struct FilePlan {
    /// Where they go.
    pub(super) points: Vec<FilePoint>,
    /// Offsets at which its code ends: what follows in the last page is nobody's.
    pub(super) text_ends: Vec<u64>,
}

/// The files that were looked at.
pub(super) struct Plans {
    table: Table,
    files: HashMap<FileId, Arc<FilePlan>>,
    /// Files that are preloaded: their constructors are watched in any case.
    preloaded: HashSet<FileId>,
    functions: u64,
}

impl Plans {
    pub(super) fn new(calls: Calls) -> Self {
        Self {
            table: calls.table(),
            files: HashMap::new(),
            preloaded: HashSet::new(),
            functions: 0,
        }
    }

    /// How many functions are watched, in all files.
    pub(super) fn functions(&self) -> u64 {
        self.functions
    }

    /// The file is loaded into programs that did not ask for it.
    pub(super) fn preloaded(&mut self, file: &File) {
        self.preloaded.extend(identity(file));
    }

    /// The plan of an open file, which the trace calls `name`. A file without anything to watch has an empty one.
    pub(super) fn plan(
        &mut self,
        file: File,
        name: &str,
        probes: &mut Probes,
    ) -> Option<(FileId, Arc<FilePlan>)> {
        let id = identity(&file)?;
        if let Some(known) = self.files.get(&id) {
            return Some((id, Arc::clone(known)));
        }
        let interest = if self.preloaded.contains(&id) {
            Interest::Always
        } else {
            Interest::ByContent
        };
        let mut found = FilePlan::default();
        if let Ok(image) = Image::of_file(file) {
            found.text_ends = image.text_ends();
            let about = (name, interest);
            if let Some(plan) = plan::plan(&self.table, &image, about, probes, Back::Sites) {
                self.functions += plan.entries.len() as u64;
                found.points = points(&plan, &image);
            }
        }
        let found = Arc::new(found);
        self.files.insert(id, Arc::clone(&found));
        Some((id, found))
    }

    /// Watches functions that nobody can find by name. Returns what is new of the file.
    pub(super) fn learn(
        &mut self,
        file: File,
        (name, entries): (&str, &[EntryPoint]),
        probes: &mut Probes,
    ) -> Option<(FileId, Vec<FilePoint>)> {
        let id = identity(&file)?;
        let image = Image::of_file(file).ok()?;
        let known = self.files.entry(id).or_default();
        let mut seen: HashSet<u64> = known
            .points
            .iter()
            .filter(|point| matches!(point.role, Role::Entry(..)))
            .map(|point| point.offset)
            .collect();
        let is_new = |offset| seen.insert(offset);
        let plan = plan::learn(&self.table, &image, (name, entries), probes, is_new);
        let new = points(&plan, &image);
        if new.is_empty() {
            return None;
        }
        self.functions += plan.entries.len() as u64;
        let mut longer = FilePlan::clone(known);
        longer.points.extend(new.iter().copied());
        *known = Arc::new(longer);
        Some((id, new))
    }
}

fn identity(file: &File) -> Option<FileId> {
    let metadata = file.metadata().ok()?;
    metadata.is_file().then(|| (metadata.dev(), metadata.ino()))
}

/// The plan's places, each with what to read there. Return probes need no place of their own: where a call comes back is
/// known when it is made.
fn points(plan: &Plan, image: &Image) -> Vec<FilePoint> {
    let descriptors: HashMap<u32, FnDesc> = plan.descriptors.iter().copied().collect();
    let with = |list: &[(u64, u32)], role: fn(u32, FnDesc) -> Role| -> Vec<FilePoint> {
        list.iter()
            .filter_map(|(offset, number)| {
                let address = image.address_of(*offset)?;
                let found = image.bytes_at(address, LONGEST as u64)?;
                let mut bytes = [0; LONGEST];
                for (to, from) in bytes.iter_mut().zip(found) {
                    *to = from;
                }
                Some(FilePoint {
                    offset: *offset,
                    role: role(*number, *descriptors.get(number)?),
                    bytes,
                })
            })
            .collect()
    };
    let mut all = with(&plan.entries, Role::Entry);
    all.extend(with(&plan.sites, Role::Site));
    all
}
