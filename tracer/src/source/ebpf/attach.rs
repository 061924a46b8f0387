//! Puts the generic function probe on a file's functions.

mod descriptors;
mod identity;

use std::collections::{HashMap, HashSet};
use std::fs::File;
use std::os::fd::AsRawFd;
use std::path::{Path, PathBuf};

use aya::Ebpf;
use aya::programs::uprobe::{UProbeAttachLocation, UProbeAttachPoint, UProbeLinkId, UProbeScope};

use descriptors::Descriptors;
use identity::{FileId, Identities, OVERLAY};

use super::Error;
use super::load::{program_error, uprobe};
use crate::source::library::{Image, Root};
use crate::source::plan::{self, Table};
pub use crate::source::plan::{Back, Calls, EntryPoint, Interest};
use crate::source::tracker::Probes;

/// Files that carry probes.
pub struct Attached {
    seen: HashSet<FileId>,
    identities: Identities,
    table: Table,
    functions: u64,
    links: Vec<(&'static str, UProbeLinkId)>,
    /// File offsets that carry entry probes, by file.
    entries: HashMap<FileId, HashSet<u64>>,
}

/// What became of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It was looked at before.
    Known,
    /// It has none of the functions, or is no library.
    Nothing,
    /// It carries this many probes now.
    Probed(u32),
}

impl Attached {
    /// No file yet.
    #[must_use]
    pub fn new(calls: Calls) -> Self {
        Self {
            seen: HashSet::new(),
            identities: Identities::default(),
            table: calls.table(),
            functions: 0,
            links: Vec::new(),
            entries: HashMap::new(),
        }
    }

    /// How many functions carry a probe.
    #[must_use]
    pub fn functions(&self) -> u64 {
        self.functions
    }

    /// Looks at a file once and probes what the table has of it. `path` is readable by this process; `name` is what the
    /// trace calls it.
    ///
    /// # Errors
    /// The kernel refuses a probe. A file that cannot be read or is no library is [`Outcome::Nothing`].
    pub fn probe(
        &mut self,
        ebpf: &mut Ebpf,
        probes: &mut Probes,
        path: &Path,
        (name, interest): (&str, Interest),
    ) -> Result<Outcome, Error> {
        let Ok(metadata) = std::fs::metadata(path) else {
            return Ok(Outcome::Nothing);
        };
        if !metadata.is_file() {
            return Ok(Outcome::Nothing);
        }
        let identity = self
            .identities
            .of(&metadata, is_overlay(rustix::fs::statfs(path)));
        if !self.seen.insert(identity) {
            return Ok(Outcome::Known);
        }
        match Image::open(path, &Root::default()) {
            Ok(image) => self.probe_image(ebpf, probes, &image, path, (name, interest)),
            Err(_) => Ok(Outcome::Nothing),
        }
    }

    /// The same for a file that is open: its path may lead elsewhere in this process's view.
    ///
    /// # Errors
    /// As [`Self::probe`].
    pub fn probe_open(
        &mut self,
        ebpf: &mut Ebpf,
        probes: &mut Probes,
        file: &File,
        name: &str,
    ) -> Result<Outcome, Error> {
        let on_overlay = is_overlay(rustix::fs::fstatfs(file));
        let identity = file
            .metadata()
            .map(|facts| self.identities.of(&facts, on_overlay));
        let new = identity.is_ok_and(|identity| self.seen.insert(identity));
        if !new {
            return Ok(Outcome::Known);
        }
        let image = file.try_clone().ok().map(Image::of_file);
        let Some(Ok(image)) = image else {
            return Ok(Outcome::Nothing);
        };
        let path = PathBuf::from(format!("/proc/self/fd/{}", file.as_raw_fd()));
        let about = (name, Interest::ByContent);
        self.probe_image(ebpf, probes, &image, &path, about)
    }

    /// Probes functions of a file that nobody can find by name, in one go. Returns how many are new.
    ///
    /// # Errors
    /// The kernel refuses a probe.
    pub fn learn(
        &mut self,
        ebpf: &mut Ebpf,
        probes: &mut Probes,
        path: &Path,
        (name, points): (&str, &[EntryPoint]),
    ) -> Result<u32, Error> {
        let (Ok(metadata), Ok(image)) =
            (std::fs::metadata(path), Image::open(path, &Root::default()))
        else {
            return Ok(0);
        };
        let identity = self
            .identities
            .of(&metadata, is_overlay(rustix::fs::statfs(path)));
        let known = self.entries.entry(identity).or_default();
        let is_new = |offset| known.insert(offset);
        let plan = plan::learn(&self.table, &image, (name, points), probes, is_new);
        Descriptors::of(ebpf)?.set_all(&plan.descriptors)?;
        self.attach(ebpf, "on_return", path, &plan.returns)?;
        self.attach(ebpf, "on_enter", path, &plan.entries)?;
        self.functions += plan.entries.len() as u64;
        Ok(u32::try_from(plan.entries.len()).unwrap_or(u32::MAX))
    }

    fn probe_image(
        &mut self,
        ebpf: &mut Ebpf,
        probes: &mut Probes,
        image: &Image,
        path: &Path,
        about: (&str, Interest),
    ) -> Result<Outcome, Error> {
        let Some(plan) = plan::plan(&self.table, image, about, probes, Back::Probe) else {
            return Ok(Outcome::Nothing);
        };
        Descriptors::of(ebpf)?.set_all(&plan.descriptors)?;
        // Returns first, so that no entry waits for a return that nobody sees.
        self.attach(ebpf, "on_ret", path, &plan.sites)?;
        self.attach(ebpf, "on_return", path, &plan.returns)?;
        self.attach(ebpf, "on_enter", path, &plan.entries)?;
        self.functions += plan.entries.len() as u64;
        if let Ok(metadata) = std::fs::metadata(path) {
            let offsets = plan.entries.iter().map(|(offset, _)| *offset);
            let identity = self
                .identities
                .of(&metadata, is_overlay(rustix::fs::statfs(path)));
            self.entries.entry(identity).or_default().extend(offsets);
        }
        Ok(Outcome::Probed(
            u32::try_from(plan.entries.len()).unwrap_or(u32::MAX),
        ))
    }

    fn attach(
        &mut self,
        ebpf: &mut Ebpf,
        program: &'static str,
        path: &Path,
        points: &[(u64, u32)],
    ) -> Result<(), Error> {
        if points.is_empty() {
            return Ok(());
        }
        let points = points.iter().map(|(offset, number)| UProbeAttachPoint {
            location: UProbeAttachLocation::AbsoluteOffset(*offset),
            cookie: Some(u64::from(*number)),
        });
        let link = uprobe(ebpf, program)?
            .attach(points, path, UProbeScope::AllProcesses)
            .map_err(|source| program_error(program, "attached", source))?;
        self.links.push((program, link));
        Ok(())
    }

    /// Takes all probes away. The kernel waits for running programs at each link (40 to 90 ms on 6.18), so the links are
    /// closed side by side.
    pub fn detach(&mut self, ebpf: &mut Ebpf) {
        let links: Vec<_> = self
            .links
            .drain(..)
            .filter_map(|(program, link)| uprobe(ebpf, program).ok()?.take_link(link).ok())
            .collect();
        std::thread::scope(|scope| {
            for link in links {
                // Without a thread the link is closed here.
                let _ = std::thread::Builder::new().spawn_scoped(scope, move || drop(link));
            }
        });
    }
}

fn is_overlay(system: rustix::io::Result<rustix::fs::StatFs>) -> bool {
    system.is_ok_and(|system| system.f_type == OVERLAY)
}
