//! Puts the generic function probe on a file's functions.

use std::cell::OnceCell;
use std::collections::{HashMap, HashSet};
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use aya::Ebpf;
use aya::maps::{Array, MapData, MapError};
use aya::programs::uprobe::{UProbeAttachLocation, UProbeAttachPoint, UProbeLinkId, UProbeScope};
use vgputrace_api::{Function, Returns, driver};
use vgputrace_ebpf::wire::function::FnDesc;

use super::Error;
use super::load::{program_error, uprobe};
use crate::event::Text;
use crate::source::library::constructors::constructors;
use crate::source::library::functions::{Tables, functions};
use crate::source::library::returns::{TailJump, return_sites};
use crate::source::library::symbol::Symbols;
use crate::source::library::{self, Image, Root};
use crate::source::tracker::{Label, Probes, constructor_descriptor, descriptor};

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

/// Files that carry probes, by device and inode.
pub struct Attached {
    seen: HashSet<(u64, u64)>,
    table: HashMap<&'static str, &'static Function>,
    functions: u64,
    links: Vec<(&'static str, UProbeLinkId)>,
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

/// Where the programs of one file go.
#[derive(Default)]
struct Plan {
    entries: Vec<(u64, u32)>,
    sites: Vec<(u64, u32)>,
    returns: Vec<(u64, u32)>,
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
        let Some(plan) = self.plan(path, (name, interest), probes, ebpf)? else {
            return Ok(Outcome::Nothing);
        };
        // Returns first, so that no entry waits for a return that nobody sees.
        self.attach(ebpf, "on_ret", path, &plan.sites)?;
        self.attach(ebpf, "on_return", path, &plan.returns)?;
        self.attach(ebpf, "on_enter", path, &plan.entries)?;
        self.functions += plan.entries.len() as u64;
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

    /// Finds the table's functions in the file, and its constructors, and writes their descriptors.
    fn plan(
        &self,
        path: &Path,
        (name, interest): (&str, Interest),
        probes: &mut Probes,
        ebpf: &mut Ebpf,
    ) -> Result<Option<Plan>, Error> {
        let table = &self.table;
        let Ok(image) = Image::open(path, &Root::default()) else {
            return Ok(None);
        };
        let Ok(found) = functions(&image, Tables::Dynamic, |name| table.contains_key(name)) else {
            return Ok(None);
        };
        if found.list.is_empty() && interest == Interest::ByContent {
            return Ok(None);
        }
        let symbols = OnceCell::new();
        let symbols = || symbols.get_or_init(|| Symbols::read(&image).unwrap_or_default());
        let mut descriptors = Descriptors::of(ebpf)?;
        let object = probes.object(name);
        let mut plan = Plan::default();
        let mut interesting = interest == Interest::Always;
        for function in found
            .list
            .iter()
            .filter(|function| function.text && !function.ifunc)
        {
            let known = function
                .names
                .iter()
                .find_map(|name| table.get(name.text.as_str()).copied());
            let Some(known) = known else { continue };
            interesting |= known.api != "dl";
            if probes.len() >= MOST {
                break;
            }
            let (sites, seen) = match known.returns {
                Returns::No => (Vec::new(), false),
                Returns::Probe => (Vec::new(), true),
                Returns::Sites => ways_back(function, &image, symbols(), |jump| {
                    let name = jump.symbol.as_ref().map(Text::as_str);
                    name.is_some_and(|name| table.contains_key(name))
                }),
            };
            let number = probes.add(known, object, function.address, !seen);
            descriptors.set(number, descriptor(known, !seen))?;
            plan.entries.push((function.probe_offset(), number));
            plan.sites.extend(sites.iter().map(|site| (*site, number)));
            if known.returns == Returns::Probe {
                plan.returns.push((function.probe_offset(), number));
            }
        }
        if interesting && image.interpreter().is_none() {
            for one in constructors(&image, symbols()) {
                if probes.len() >= MOST {
                    break;
                }
                let seen = one.endless || !one.ends.is_empty();
                let label = Label {
                    name: one
                        .name
                        .unwrap_or_else(|| format!("constructor+{:#x}", one.address)),
                    which: one.which,
                };
                let number = probes.add_constructor(label, object, one.address, !seen);
                descriptors.set(number, constructor_descriptor(!seen))?;
                plan.entries.push((one.entry, number));
                plan.sites
                    .extend(one.ends.iter().map(|site| (*site, number)));
            }
        }
        Ok(Some(plan))
    }
}

/// Writes descriptors into the kernel side's table.
struct Descriptors<'e> {
    table: Array<&'e mut MapData, [u64; WORDS]>,
}

impl<'e> Descriptors<'e> {
    fn of(ebpf: &'e mut Ebpf) -> Result<Self, Error> {
        let map = ebpf
            .map_mut("FUNCTIONS")
            .ok_or(Error::Missing("FUNCTIONS"))?;
        let table = Array::try_from(map).map_err(wrong)?;
        Ok(Self { table })
    }

    fn set(&mut self, number: u32, desc: FnDesc) -> Result<(), Error> {
        self.table.set(number, &words(desc), 0).map_err(wrong)
    }
}

fn wrong(source: MapError) -> Error {
    Error::Map {
        map: "FUNCTIONS",
        source: Box::new(source),
    }
}

/// Where a function's return is seen, and whether it is at all.
fn ways_back(
    function: &library::functions::Function,
    image: &Image,
    symbols: &Symbols,
    tabled: impl Fn(&TailJump) -> bool,
) -> (Vec<u64>, bool) {
    let mut ways = return_sites(image, function, symbols);
    let jumps = &ways.tail_jumps;
    let beyond: Vec<u64> = jumps
        .iter()
        .filter(|jump| !tabled(jump))
        .flat_map(|jump| target_sites(image, jump, symbols))
        .collect();
    let some = !ways.sites.is_empty() || !beyond.is_empty() || jumps.iter().any(&tabled);
    // Without any way out it never comes back: it ends the program, or hangs.
    let none = jumps.is_empty() && ways.computed_jumps == 0 && !ways.uncertain;
    ways.sites.extend(beyond);
    (ways.sites, some || none)
}

/// Where the function returns that a jump leads to: it returns for the one that jumped.
fn target_sites(image: &Image, jump: &TailJump, symbols: &Symbols) -> Vec<u64> {
    let Some((address, offset)) = jump
        .target
        .and_then(|address| Some((address, image.offset_of(address)?)))
    else {
        return Vec::new();
    };
    let size = symbols
        .nearest(address)
        .filter(|found| found.distance == 0)
        .map_or(0, |found| found.size);
    let target = library::functions::Function {
        names: Vec::new(),
        address,
        offset,
        size,
        starts_with_endbr64: false,
        ifunc: false,
        text: image.is_text(address),
    };
    if target.text && size > 0 {
        return_sites(image, &target, symbols).sites
    } else {
        Vec::new()
    }
}

/// Words of a descriptor.
const WORDS: usize = size_of::<FnDesc>() / 8;

/// The descriptor as the words of the map's value.
fn words(desc: FnDesc) -> [u64; WORDS] {
    let [a, b, c, d] = desc.inputs;
    let [e, f, g, h] = desc.inside;
    let inputs = u64::from_ne_bytes([a, b, c, d, e, f, g, h]);
    let [a, b, c, d] = desc.sizes;
    let [e, f, g, h] = desc.outs;
    let outs = u64::from_ne_bytes([a, b, c, d, e, f, g, h]);
    let [a, b, c, d] = desc.out_sizes;
    let blob = [desc.blob, desc.blob_length, desc.bytes, desc.count];
    let [e, f, g, h] = blob;
    let sizes = u64::from_ne_bytes([a, b, c, d, e, f, g, h]);
    let pair = |low: u32, high: u32| u64::from(low) | u64::from(high) << 32;
    [
        inputs,
        outs,
        sizes,
        pair(desc.blob_size, desc.flags),
        pair(desc.registers, 0),
    ]
}
