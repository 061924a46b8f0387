//! The kernel side's table of what to read of each function.

use aya::Ebpf;
use aya::maps::{Array, MapData, MapError};
use vgputrace_ebpf::wire::function::FnDesc;

use crate::source::ebpf::Error;

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

    /// Writes each descriptor in the place of its function's number.
    pub(super) fn set_all(&mut self, list: &[(u32, FnDesc)]) -> Result<(), Error> {
        for (number, desc) in list {
            self.table.set(*number, &words(*desc), 0).map_err(wrong)?;
        }
        Ok(())
    }
}

fn wrong(source: MapError) -> Error {
    Error::Map {
        map: "FUNCTIONS",
        source: Box::new(source),
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
