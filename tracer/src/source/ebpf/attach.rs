//! Puts the generic function probe on a file's functions.

mod plan;

use std::collections::{HashMap, HashSet};
use std::fs::File;
use std::os::fd::AsRawFd;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use aya::Ebpf;
use aya::programs::uprobe::{UProbeAttachLocation, UProbeAttachPoint, UProbeLinkId, UProbeScope};
use vgputrace_api::{Function, Returns, driver};

use plan::{Descriptors, Plan, Table};

use super::Error;
use super::load::{program_error, uprobe};
use crate::source::library::functions::ENDBR64;
use crate::source::library::{Image, Root};
use crate::source::tracker::{Probes, descriptor};

/// Functions a recording can hold; as many as the kernel side's table.
const MOST: usize = 8_192;

/// Which functions of drivers and runtimes carry probes, beside those of loader and ggml.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Calls {
    /// None.
    None,
    /// Those that decide whether a GPU is used.
    #[default]
    Discovery,
    /// All that the table has.
    All,
}

impl Calls {
    /// Its name on the command line and in a trace.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Discovery => "discovery",
            Self::All => "all",
        }
    }
}

/// Files that carry probes, by device and inode.
pub struct Attached {
    seen: HashSet<(u64, u64)>,
    table: Table,
    functions: u64,
    links: Vec<(&'static str, UProbeLinkId)>,
    /// File offsets that carry entry probes, by file.
    entries: HashMap<(u64, u64), HashSet<u64>>,
}

/// A function that a file does not export, as a look-up gave it.
#[derive(Clone, Copy, Debug)]
pub struct EntryPoint {
    /// Its address in the file's own view.
    pub address: u64,
    /// Which function it is.
    pub function: &'static Function,
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

/// Whether a file's constructors are looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Interest {
    /// Only where it has functions of drivers, runtimes or ggml.
    ByContent,
    /// In any case: it is loaded into programs that did not ask for it (LD_PRELOAD).
    Always,
}

impl Attached {
    /// No file yet.
    #[must_use]
    pub fn new(calls: Calls) -> Self {
        let mut table = HashMap::new();
        let mut add = |function: &'static Function| {
            table.entry(function.name).or_insert(function);
        };
        vgputrace_api::all().for_each(&mut add);
        match calls {
            Calls::None => {}
            Calls::Discovery => driver::discovery().for_each(&mut add),
            Calls::All => driver::all().for_each(&mut add),
        }
        Self {
            seen: HashSet::new(),
            table,
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
        if !self.seen.insert((metadata.dev(), metadata.ino())) {
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
        let identity = file.metadata().map(|facts| (facts.dev(), facts.ino()));
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
        let known = self
            .entries
            .entry((metadata.dev(), metadata.ino()))
            .or_default();
        let mut plan = Plan::default();
        let mut descriptors = Descriptors::of(ebpf)?;
        let object = probes.object(name);
        for point in points {
            // Functions that were not asked for at the start are not learned either.
            let wanted = self.table.contains_key(point.function.name)
                && point.function.returns == Returns::Probe;
            let Some(offset) = probe_offset(&image, point.address).filter(|_| wanted) else {
                continue;
            };
            if probes.len() >= MOST || !known.insert(offset) {
                continue;
            }
            let number = probes.add(point.function, object, point.address, false);
            descriptors.set(number, descriptor(point.function, false))?;
            plan.entries.push((offset, number));
            plan.returns.push((offset, number));
        }
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
        let Some(plan) = plan::plan(&self.table, image, about, probes, ebpf)? else {
            return Ok(Outcome::Nothing);
        };
        // Returns first, so that no entry waits for a return that nobody sees.
        self.attach(ebpf, "on_ret", path, &plan.sites)?;
        self.attach(ebpf, "on_return", path, &plan.returns)?;
        self.attach(ebpf, "on_enter", path, &plan.entries)?;
        self.functions += plan.entries.len() as u64;
        if let Ok(metadata) = std::fs::metadata(path) {
            let offsets = plan.entries.iter().map(|(offset, _)| *offset);
            let known = self.entries.entry((metadata.dev(), metadata.ino()));
            known.or_default().extend(offsets);
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

/// Where to probe a function that is known by its address alone.
fn probe_offset(image: &Image, address: u64) -> Option<u64> {
    let offset = image
        .offset_of(address)
        .filter(|_| image.is_text(address))?;
    let first = image.bytes_at(address, 4);
    let padded = first.is_some_and(|bytes| bytes == ENDBR64);
    Some(if padded { offset + 4 } else { offset })
}
