//! A cubin: an ELF file with a section for the code of each kernel, and one with what must be known of it.

use std::collections::BTreeMap;

use object::read::elf::ElfFile64;
use object::{LittleEndian, Object as _, ObjectSection as _, ObjectSymbol as _, SymbolFlags};

use super::{Image, MOST_KERNELS, MOST_PARAMETERS, Parameter, kernel};
use crate::code::Code;

/// `STO_CUDA_ENTRY` in the symbol's `st_other`: a kernel and no function that kernels call.
const ENTRY: u8 = 0x10;
/// Attributes in `.nv.info` sections: a parameter (ordinal, offset, size), and the registers of a function.
const PARAMETER: u8 = 0x17;
const REGISTERS: u8 = 0x2f;
/// Format of an attribute with a length and that many bytes; others have two bytes of value.
const SIZED: u8 = 4;

/// Reads names and parameters of the kernels.
pub(super) fn read(bytes: &[u8]) -> Result<Image, Code> {
    let broken = |_| Code::INVALID_IMAGE;
    let file = ElfFile64::<LittleEndian>::parse(bytes).map_err(broken)?;
    let mut infos = BTreeMap::new();
    for section in file.sections() {
        let name = section.name().unwrap_or_default();
        if let Some(of) = name.strip_prefix(".nv.info") {
            infos.insert(
                of.trim_start_matches('.'),
                section.data().unwrap_or_default(),
            );
        }
    }
    let registers = registers(infos.get("").copied().unwrap_or_default());
    let mut image = Image::default();
    for symbol in file.symbols() {
        let is_entry =
            matches!(symbol.flags(), SymbolFlags::Elf { st_other, .. } if st_other.0 & ENTRY != 0);
        let name = symbol.name().unwrap_or_default();
        if !is_entry || name.is_empty() {
            continue;
        }
        if image.kernels.len() == MOST_KERNELS {
            return Err(Code::INVALID_IMAGE);
        }
        let parameters = parameters(infos.get(name).copied().unwrap_or_default());
        let index = u32::try_from(symbol.index().0).unwrap_or_default();
        let used = registers.get(&index).copied().unwrap_or_default();
        image.kernels.push(kernel(name, parameters, used));
    }
    Ok(image)
}

/// Attributes of a `.nv.info` section: number and value.
fn attributes(mut info: &[u8]) -> Vec<(u8, &[u8])> {
    let mut list = Vec::new();
    while let Some(([format, attribute, low, high], rest)) = info.split_first_chunk::<4>() {
        let length = usize::from(u16::from_le_bytes([*low, *high]));
        let (value, behind) = if *format == SIZED {
            let Some(parts) = rest.split_at_checked(length) else {
                break;
            };
            parts
        } else {
            (&[][..], rest)
        };
        list.push((*attribute, value));
        info = behind;
    }
    list
}

fn parameters(info: &[u8]) -> Vec<Parameter> {
    let mut by_ordinal = BTreeMap::new();
    for (attribute, value) in attributes(info) {
        // Index (of no interest), ordinal, offset, and the size in the upper 14 bits of a word.
        let &[_, _, _, _, o, p, a, b, c, d, e, f] = value else {
            continue;
        };
        if attribute == PARAMETER && by_ordinal.len() < MOST_PARAMETERS {
            let parameter = Parameter {
                offset: u32::from(u16::from_le_bytes([a, b])),
                size: (u32::from_le_bytes([c, d, e, f]) >> 18) & 0x3fff,
            };
            by_ordinal.insert(u16::from_le_bytes([o, p]), parameter);
        }
    }
    by_ordinal.into_values().collect()
}

/// Registers by the symbol's index.
fn registers(info: &[u8]) -> BTreeMap<u32, u32> {
    let pair = |(attribute, value): (u8, &[u8])| {
        let &[a, b, c, d, e, f, g, h] = value else {
            return None;
        };
        let of = (attribute == REGISTERS).then(|| u32::from_le_bytes([a, b, c, d]))?;
        Some((of, u32::from_le_bytes([e, f, g, h])))
    };
    attributes(info).into_iter().filter_map(pair).collect()
}

/// See [`super::cubin_length`].
pub(super) fn length(read: impl Fn(u64, u64) -> Option<Vec<u8>>) -> Option<u64> {
    let header = read(0, 64)?;
    let number = |at: usize, bytes: usize| {
        let digits = header.get(at..at.checked_add(bytes)?)?;
        Some(
            digits
                .iter()
                .rev()
                .fold(0_u64, |sum, byte| (sum << 8) | u64::from(*byte)),
        )
    };
    let (table, size, count) = (number(40, 8)?, number(58, 2)?, number(60, 2)?);
    if size != 64 {
        return None;
    }
    let mut end = table.checked_add(size.checked_mul(count)?)?;
    let sections = read(table, size * count)?;
    for section in sections.as_chunks::<64>().0 {
        let word = |at: usize| {
            section
                .get(at..at + 8)?
                .try_into()
                .ok()
                .map(u64::from_le_bytes)
        };
        // Type 8 takes no bytes of the file.
        let kind = section.get(4..8)?;
        if kind != [8, 0, 0, 0] {
            end = end.max(word(24)?.checked_add(word(32)?)?);
        }
    }
    Some(end)
}
