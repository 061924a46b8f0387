//! Functions that a library runs when it is loaded (DT_INIT, DT_INIT_ARRAY), and where each is over.

use iced_x86::{Decoder, DecoderOptions, FlowControl};
use object::elf::{self, Rela64};

use super::frames::extent_in_frames;
use super::functions::{ENDBR64, Function};
use super::image::{Image, LE, Le};
use super::limit;
use super::returns::{Returns, TailJump, return_sites};
use super::symbol::Symbols;

/// Constructors of one library that are looked at.
const MOST: u64 = 1_024;
/// A function without a known end is decoded so far at most, in bytes.
const SHORT: u64 = 256;

/// A function that runs when the library is loaded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Constructor {
    /// `DT_INIT`, `DT_INIT_ARRAY[3]`.
    pub which: String,
    /// Its symbol, where there is one.
    pub name: Option<String>,
    /// Address in the file's own view.
    pub address: u64,
    /// File offset for an entry probe.
    pub entry: u64,
    /// File offsets where it is over: `ret` instructions, and jumps into other objects that take its place.
    pub ends: Vec<u64>,
    /// It has no way out at all: it ends the program, throws or hangs.
    pub endless: bool,
}

/// The library's constructors in the order they run, without those of the compiler's own start files.
#[must_use]
pub fn constructors(image: &Image, symbols: &Symbols) -> Vec<Constructor> {
    let mut all = Vec::new();
    if let Some(address) = image.value(elf::DT_INIT) {
        all.push(("DT_INIT".to_owned(), address));
    }
    let array = addresses(image).unwrap_or_default();
    for (index, address) in array.into_iter().enumerate() {
        all.push((format!("DT_INIT_ARRAY[{index}]"), address));
    }
    all.into_iter()
        .filter_map(|(which, address)| constructor(image, symbols, which, address))
        .collect()
}

fn constructor(
    image: &Image,
    symbols: &Symbols,
    which: String,
    address: u64,
) -> Option<Constructor> {
    let function = function_at(image, symbols, address)?;
    let name = symbols
        .nearest(address)
        .filter(|nearest| nearest.distance == 0)
        .map(|nearest| nearest.name.as_str().to_owned());
    let glue = match &name {
        Some(name) => name == "frame_dummy" || name == "_init",
        None => which == "DT_INIT" && is_start_code(image, address),
    };
    if glue {
        return None;
    }
    let ways = return_sites(image, &function, symbols);
    let endless = ways.sites.is_empty()
        && ways.tail_jumps.is_empty()
        && ways.computed_jumps == 0
        && !ways.uncertain;
    Some(Constructor {
        which,
        name,
        address,
        entry: function.probe_offset(),
        ends: ends(image, symbols, ways, 0),
        endless,
    })
}

/// Where a function is over. What it jumps to inside its own object is followed.
fn ends(image: &Image, symbols: &Symbols, ways: Returns, depth: u8) -> Vec<u64> {
    const DEEPEST: u8 = 2;
    let mut ends = ways.sites;
    for jump in &ways.tail_jumps {
        let inside = jump
            .target
            .and_then(|target| function_at(image, symbols, target));
        match inside {
            Some(target) if depth < DEEPEST => {
                let ways = return_sites(image, &target, symbols);
                ends.extend(self::ends(image, symbols, ways, depth + 1));
            }
            None if is_unconditional(image, jump) => ends.push(jump.at),
            _ => {}
        }
    }
    ends.sort_unstable();
    ends.dedup();
    ends
}

fn is_unconditional(image: &Image, jump: &TailJump) -> bool {
    // jmp rel32, jmp rel8, jmp [rip + x], bnd jmp [rip + x].
    image.bytes(jump.at, 3).is_ok_and(|bytes| {
        matches!(
            bytes.as_slice(),
            [0xe9 | 0xeb, ..] | [0xff, 0x25, _] | [0xf2, 0xff, 0x25]
        )
    })
}

/// A function by its address alone. Its size is that of its symbol, of its unwind entry, or what is decoded.
fn function_at(image: &Image, symbols: &Symbols, address: u64) -> Option<Function> {
    if !image.is_text(address) {
        return None;
    }
    let symbol = symbols
        .nearest(address)
        .filter(|nearest| nearest.distance == 0 && nearest.size > 0)
        .map(|nearest| nearest.size);
    let size = symbol
        .or_else(|| extent_in_frames(image, address))
        .or_else(|| decoded_extent(image, address))
        .unwrap_or(0);
    let first = image.bytes_at(address, 4);
    Some(Function {
        names: Vec::new(),
        address,
        offset: image.offset_of(address)?,
        size,
        starts_with_endbr64: first.is_some_and(|bytes| bytes == ENDBR64),
        ifunc: false,
        text: true,
    })
}

/// The size of a short function: up to the first way out that no jump leads beyond.
fn decoded_extent(image: &Image, address: u64) -> Option<u64> {
    let bytes = image.bytes_at(address, SHORT)?;
    let mut furthest = address;
    for instruction in &mut Decoder::with_ip(64, &bytes, address, DecoderOptions::NONE) {
        if instruction.is_invalid() {
            return None;
        }
        let next = instruction.next_ip();
        let target = instruction.near_branch_target();
        match instruction.flow_control() {
            FlowControl::ConditionalBranch => furthest = furthest.max(target),
            FlowControl::UnconditionalBranch if target > next && target < address + SHORT => {
                furthest = furthest.max(target);
            }
            FlowControl::Return
            | FlowControl::UnconditionalBranch
            | FlowControl::IndirectBranch
                if next > furthest =>
            {
                return Some(next - address);
            }
            _ => {}
        }
    }
    None
}

/// glibc's `_init` (sysdeps/x86_64/crti.S): calls `__gmon_start__` where there is one, and nothing else.
fn is_start_code(image: &Image, address: u64) -> bool {
    let Some(bytes) = image.bytes_at(address, 12) else {
        return false;
    };
    let bytes = bytes.strip_prefix(&ENDBR64[..]).unwrap_or(&bytes);
    bytes.starts_with(&[0x48, 0x83, 0xec, 0x08, 0x48, 0x8b, 0x05])
}

/// The addresses in DT_INIT_ARRAY: relocated ones by their relocation, packed ones as they stand in the file.
fn addresses(image: &Image) -> Option<Vec<u64>> {
    let start = image.value(elf::DT_INIT_ARRAY)?;
    let count = (image.value(elf::DT_INIT_ARRAYSZ)? / 8).min(MOST);
    let bytes = image.bytes_at(start, count * 8)?;
    let relocated = relocations(image, start, count);
    let slots = (0..count).zip(bytes.as_chunks::<8>().0);
    let found = slots.filter_map(|(index, chunk)| {
        let at = start + index * 8;
        let own = u64::from_le_bytes(*chunk);
        let address = relocated
            .iter()
            .find(|entry| entry.r_offset.get(LE) == at)
            .map_or(own, |entry| entry.r_addend.get(LE).cast_unsigned());
        // 0 and -1 end or skip (glibc, elf/dl-init.c runs what is there; linkers write neither for live entries).
        (address != 0 && address != u64::MAX).then_some(address)
    });
    Some(found.collect())
}

/// The relative relocations of an array. They stand in order of their places (ld and lld sort them); where they do not, all
/// are read if there are not too many.
fn relocations(image: &Image, start: u64, count: u64) -> Vec<Rela64<Le>> {
    let found = sorted(image, start, count).unwrap_or_default();
    if found.len() as u64 == count {
        return found;
    }
    unsorted(image, start, count).unwrap_or(found)
}

const ENTRY: u64 = size_of::<Rela64<Le>>() as u64;

fn sorted(image: &Image, start: u64, count: u64) -> Option<Vec<Rela64<Le>>> {
    let (offset, left) = image.place(image.value(elf::DT_RELA)?)?;
    let entries = image
        .value(elf::DT_RELACOUNT)?
        .min(image.value(elf::DT_RELASZ)?.min(left) / ENTRY);
    let place = |index: u64| -> Option<u64> {
        let read: Vec<Rela64<Le>> = image
            .structures(offset + index * ENTRY, 1, "relocations")
            .ok()?;
        Some(read.first()?.r_offset.get(LE))
    };
    let (mut low, mut high) = (0, entries);
    while low < high {
        let middle = low + (high - low) / 2;
        if place(middle)? < start {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    let take = count.min(entries - low);
    let read: Vec<Rela64<Le>> = image
        .structures(offset + low * ENTRY, take as usize, "relocations")
        .ok()?;
    Some(within(read, start, count))
}

fn unsorted(image: &Image, start: u64, count: u64) -> Option<Vec<Rela64<Le>>> {
    let (offset, left) = image.place(image.value(elf::DT_RELA)?)?;
    let size = image.value(elf::DT_RELASZ)?.min(left);
    if size > limit::RELOCATIONS {
        return None;
    }
    let read = image
        .structures(offset, (size / ENTRY) as usize, "relocations")
        .ok()?;
    Some(within(read, start, count))
}

fn within(read: Vec<Rela64<Le>>, start: u64, count: u64) -> Vec<Rela64<Le>> {
    let inside = |entry: &Rela64<Le>| {
        let at = entry.r_offset.get(LE);
        entry.r_type(LE, false) == elf::R_X86_64_RELATIVE
            && at >= start
            && at < start.saturating_add(count * 8)
    };
    read.into_iter().filter(inside).collect()
}

#[cfg(test)]
mod tests {
    use super::{Constructor, constructors};
    use crate::source::library::subject::Subject;
    use crate::source::library::symbol::Symbols;
    use crate::source::library::{Image, Root};

    const SOURCE: &str = "
        int start(void); void other(void);
        int level;
        __attribute__((constructor)) static void first(void) { level = start() ? 1 : 2; other(); level++; }
        __attribute__((constructor)) static void second(void) { other(); }
    ";

    fn of(flags: &[&str]) -> Vec<Constructor> {
        let subject = Subject::new();
        let file = subject.library("libmade.so", SOURCE, flags);
        let image = Image::open(&file, &Root::default()).unwrap();
        constructors(&image, &Symbols::read(&image).unwrap_or_default())
    }

    #[test]
    fn constructors_are_found_with_their_names_and_ends() {
        let found = of(&[]);
        let names: Vec<_> = found.iter().filter_map(|one| one.name.as_deref()).collect();
        assert_eq!(names, ["first", "second"], "{found:?}");
        assert!(found.iter().all(|one| !one.ends.is_empty()), "{found:?}");
        assert!(found[0].which.starts_with("DT_INIT_ARRAY["));
    }

    #[test]
    fn a_stripped_library_has_them_by_their_unwind_entries() {
        let found = of(&["-s"]);
        let own: Vec<_> = found.iter().rev().take(2).collect();
        assert_eq!(own.len(), 2, "{found:?}");
        assert!(
            own.iter()
                .all(|one| one.name.is_none() && !one.ends.is_empty())
        );
        assert!(found.iter().all(|one| one.which != "DT_INIT"), "{found:?}");
    }
}
