//! Relocations: which undefined symbols the loader will really look up, and which symbol a slot of the GOT gets.

use std::collections::BTreeSet;

use object::elf::{self, Rela64};

use super::image::{Image, LE, Le};
use super::limit;

/// What the loader writes into a slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Slot {
    /// The address of the dynamic symbol with this index.
    Symbol(u32),
    /// An address of the object itself.
    Address(u64),
}

/// The slot at an address.
#[must_use]
pub fn slot(image: &Image, address: u64) -> Option<Slot> {
    let relocation = all(image)?
        .into_iter()
        .find(|entry| entry.r_offset.get(LE) == address)?;
    match relocation.r_type(LE, false) {
        elf::R_X86_64_JUMP_SLOT | elf::R_X86_64_GLOB_DAT | elf::R_X86_64_64 => {
            Some(Slot::Symbol(relocation.r_sym(LE, false)))
        }
        elf::R_X86_64_RELATIVE => Some(Slot::Address(relocation.r_addend.get(LE).cast_unsigned())),
        _ => None,
    }
}

/// Indices of the dynamic symbols that a relocation names. `None` when the relocations could not all be read: then any
/// symbol may be looked up.
#[must_use]
pub fn referenced(image: &Image) -> Option<BTreeSet<u32>> {
    let symbols = all(image)?.into_iter().map(|entry| entry.r_sym(LE, false));
    Some(symbols.filter(|symbol| *symbol != 0).collect())
}

/// DT_RELA without the leading relative ones (DT_RELACOUNT), and DT_JMPREL.
fn all(image: &Image) -> Option<Vec<Rela64<Le>>> {
    let entry = size_of::<Rela64<Le>>() as u64;
    let mut found = Vec::new();
    if let Some(address) = image.value(elf::DT_RELA) {
        let size = image.value(elf::DT_RELASZ)?;
        let relative = image
            .value(elf::DT_RELACOUNT)
            .unwrap_or(0)
            .min(size / entry);
        let start = address.checked_add(relative * entry)?;
        found.extend(table(image, start, size - relative * entry)?);
    }
    if let Some(address) = image.value(elf::DT_JMPREL) {
        found.extend(table(image, address, image.value(elf::DT_PLTRELSZ)?)?);
    }
    Some(found)
}

fn table(image: &Image, address: u64, size: u64) -> Option<Vec<Rela64<Le>>> {
    let count = size / size_of::<Rela64<Le>>() as u64;
    if count == 0 {
        return Some(Vec::new());
    }
    if size > limit::TABLE {
        return None;
    }
    let (offset, left) = image.place(address)?;
    if size > left {
        return None;
    }
    image.structures(offset, count as usize, "relocations").ok()
}
