//! Which places of a file are watched: its functions that the table has, and its constructors. The same for every engine.

mod table;

use std::cell::OnceCell;

use vgputrace_api::{Function, Returns};
use vgputrace_ebpf::wire::function::{DESC_RETURN_PROBE, FnDesc};

use super::library::constructors::constructors;
use super::library::functions::{ENDBR64, Tables, functions};
use super::library::returns::{TailJump, return_sites};
use super::library::symbol::Symbols;
use super::library::{self, Image};
use super::tracker::{Label, Probes, constructor_descriptor, descriptor};
use crate::event::Text;
use table::function_of;
pub use table::{Calls, Table};

/// Functions a recording can hold; as many as the kernel side's table.
pub const MOST: usize = 8_192;

/// Whether a file's constructors are looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Interest {
    /// Only where it has functions of drivers, runtimes or ggml.
    ByContent,
    /// In any case: it is loaded into programs that did not ask for it (LD_PRELOAD).
    Always,
}

/// A function that a file does not export, as a look-up gave it.
#[derive(Clone, Copy, Debug)]
pub struct EntryPoint {
    /// Its address in the file's own view.
    pub address: u64,
    /// Which function it is.
    pub function: &'static Function,
}

/// The places of one file that are watched: offsets in the file, each with the number of its function.
#[derive(Default)]
pub struct Plan {
    /// Where functions begin.
    pub entries: Vec<(u64, u32)>,
    /// `ret` instructions by which they come back.
    pub sites: Vec<(u64, u32)>,
    /// Where functions begin whose return is seen by a return probe.
    pub returns: Vec<(u64, u32)>,
    /// What to read of each function.
    pub descriptors: Vec<(u32, FnDesc)>,
}

/// How the return of a function is seen that may carry a return probe.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Back {
    /// By a return probe.
    Probe,
    /// At its own `ret` instructions where those are all of its ways out.
    Sites,
}

/// Finds the table's functions in the file, and its constructors, and numbers them. `None` when there is nothing to watch.
pub fn plan(
    table: &Table,
    image: &Image,
    (name, interest): (&str, Interest),
    probes: &mut Probes,
    back: Back,
) -> Option<Plan> {
    let found = functions(image, Tables::Dynamic, |name| {
        function_of(table, name).is_some()
    })
    .ok()?;
    if found.list.is_empty() && interest == Interest::ByContent {
        return None;
    }
    let symbols = OnceCell::new();
    let symbols = || symbols.get_or_init(|| Symbols::read(image).unwrap_or_default());
    let object = probes.object(name);
    let mut plan = Plan::default();
    let mut interesting = interest == Interest::Always;
    for function in found
        .list
        .iter()
        .filter(|function| function.text && !function.ifunc)
    {
        let found = function
            .names
            .iter()
            .find_map(|name| function_of(table, name.text.as_str()));
        let Some(known) = found else { continue };
        interesting |= known.api != "dl";
        if probes.len() >= MOST {
            break;
        }
        let (sites, seen) = match known.returns {
            Returns::No => (Vec::new(), false),
            Returns::Probe if back == Back::Sites => (only_sites(function, image, symbols()), true),
            Returns::Probe => (Vec::new(), true),
            Returns::Sites => ways_back(function, image, symbols(), |jump| {
                let name = jump.symbol.as_ref().map(Text::as_str);
                name.is_some_and(|name| function_of(table, name).is_some())
            }),
        };
        let number = probes.add(known, object, function.address, !seen);
        let mut desc = descriptor(known, !seen);
        let by_probe = known.returns == Returns::Probe && sites.is_empty();
        if !by_probe {
            desc.flags &= !DESC_RETURN_PROBE;
        }
        plan.descriptors.push((number, desc));
        plan.entries.push((function.probe_offset(), number));
        plan.sites.extend(sites.iter().map(|site| (*site, number)));
        if by_probe {
            plan.returns.push((function.probe_offset(), number));
        }
    }
    if interesting && image.interpreter().is_none() {
        add_constructors(image, symbols(), object, probes, &mut plan);
    }
    Some(plan)
}

/// Numbers functions that nobody can find by name, where `is_new` says that the place is not watched yet.
pub fn learn(
    table: &Table,
    image: &Image,
    (name, points): (&str, &[EntryPoint]),
    probes: &mut Probes,
    mut is_new: impl FnMut(u64) -> bool,
) -> Plan {
    let mut plan = Plan::default();
    let object = probes.object(name);
    for point in points {
        // Functions that were not asked for at the start are not learned either.
        let wanted =
            table.contains_key(point.function.name) && point.function.returns == Returns::Probe;
        let Some(offset) = probe_offset(image, point.address).filter(|_| wanted) else {
            continue;
        };
        if probes.len() >= MOST || !is_new(offset) {
            continue;
        }
        let number = probes.add(point.function, object, point.address, false);
        plan.descriptors
            .push((number, descriptor(point.function, false)));
        plan.entries.push((offset, number));
        plan.returns.push((offset, number));
    }
    plan
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

/// Puts every constructor of the file into the plan.
fn add_constructors(
    image: &Image,
    symbols: &Symbols,
    object: usize,
    probes: &mut Probes,
    plan: &mut Plan,
) {
    for one in constructors(image, symbols) {
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
        plan.descriptors
            .push((number, constructor_descriptor(!seen)));
        plan.entries.push((one.entry, number));
        plan.sites
            .extend(one.ends.iter().map(|site| (*site, number)));
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

/// The `ret` instructions of a function that has no other way out; none where it may have.
fn only_sites(
    function: &library::functions::Function,
    image: &Image,
    symbols: &Symbols,
) -> Vec<u64> {
    let ways = return_sites(image, function, symbols);
    let all = ways.tail_jumps.is_empty() && ways.computed_jumps == 0 && !ways.uncertain;
    if all { ways.sites } else { Vec::new() }
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
