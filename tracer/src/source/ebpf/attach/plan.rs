//! Where the programs of one file go: its functions that the table has, and its constructors.

use std::cell::OnceCell;
use std::collections::HashMap;

use aya::Ebpf;
use aya::maps::{Array, MapData, MapError};
use vgputrace_api::{Function, Returns};
use vgputrace_ebpf::wire::function::FnDesc;

use super::{Interest, MOST};
use crate::event::Text;
use crate::source::ebpf::Error;
use crate::source::library::constructors::constructors;
use crate::source::library::functions::{Tables, functions};
use crate::source::library::returns::{TailJump, return_sites};
use crate::source::library::symbol::Symbols;
use crate::source::library::{self, Image};
use crate::source::tracker::{Label, Probes, constructor_descriptor, descriptor};

/// Functions that are probed, by name.
pub(super) type Table = HashMap<&'static str, &'static Function>;

/// Where the programs of one file go.
#[derive(Default)]
pub(super) struct Plan {
    pub(super) entries: Vec<(u64, u32)>,
    pub(super) sites: Vec<(u64, u32)>,
    pub(super) returns: Vec<(u64, u32)>,
}

/// Finds the table's functions in the file, and its constructors, and writes their descriptors.
pub(super) fn plan(
    table: &Table,
    image: &Image,
    (name, interest): (&str, Interest),
    probes: &mut Probes,
    ebpf: &mut Ebpf,
) -> Result<Option<Plan>, Error> {
    let Ok(found) = functions(image, Tables::Dynamic, |name| table.contains_key(name)) else {
        return Ok(None);
    };
    if found.list.is_empty() && interest == Interest::ByContent {
        return Ok(None);
    }
    let symbols = OnceCell::new();
    let symbols = || symbols.get_or_init(|| Symbols::read(image).unwrap_or_default());
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
            Returns::Sites => ways_back(function, image, symbols(), |jump| {
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
        add_constructors(
            image,
            symbols(),
            object,
            probes,
            (&mut descriptors, &mut plan),
        )?;
    }
    Ok(Some(plan))
}

/// Puts every constructor of the file into the plan.
fn add_constructors(
    image: &Image,
    symbols: &Symbols,
    object: usize,
    probes: &mut Probes,
    (descriptors, plan): (&mut Descriptors<'_>, &mut Plan),
) -> Result<(), Error> {
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
        descriptors.set(number, constructor_descriptor(!seen))?;
        plan.entries.push((one.entry, number));
        plan.sites
            .extend(one.ends.iter().map(|site| (*site, number)));
    }
    Ok(())
}

/// Writes descriptors into the kernel side's table.
pub(super) struct Descriptors<'e> {
    table: Array<&'e mut MapData, [u64; WORDS]>,
}

impl<'e> Descriptors<'e> {
    pub(super) fn of(ebpf: &'e mut Ebpf) -> Result<Self, Error> {
        let map = ebpf
            .map_mut("FUNCTIONS")
            .ok_or(Error::Missing("FUNCTIONS"))?;
        let table = Array::try_from(map).map_err(wrong)?;
        Ok(Self { table })
    }

    pub(super) fn set(&mut self, number: u32, desc: FnDesc) -> Result<(), Error> {
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
