//! The symbol tables of one object, and its names.

use std::cell::OnceCell;

use object::elf::{self, SymbolBind, SymbolType};
use object::pod;

use super::image::{Image, LE, Le, until_nul};
use super::versions::Versions;
use super::{Error, limit};
use crate::event::Text;

/// A string table: read at once when it is small or when many names are wanted, else name by name.
#[derive(Debug)]
pub struct Strings {
    offset: u64,
    size: u64,
    whole: OnceCell<Vec<u8>>,
}

impl Strings {
    /// The names of the dynamic section. Without one, every name is absent.
    #[must_use]
    pub fn dynamic(image: &Image) -> Self {
        let place = image
            .value(elf::DT_STRTAB)
            .and_then(|address| image.place(address));
        let (offset, left) = place.unwrap_or((0, 0));
        let size = image.value(elf::DT_STRSZ).unwrap_or(left).min(left);
        Self::at(image, offset, size)
    }

    pub(super) fn at(image: &Image, offset: u64, size: u64) -> Self {
        let size = size.min(image.length().saturating_sub(offset));
        Self {
            offset,
            size,
            whole: OnceCell::new(),
        }
    }

    /// The name at an offset in the table, at most 4,096 bytes of it.
    #[must_use]
    pub fn get(&self, image: &Image, at: u32) -> Option<Text> {
        if self.size <= limit::SMALL_STRINGS {
            return self.slice(image, at).map(Text::from_bytes);
        }
        let left = self.size.checked_sub(at.into()).filter(|left| *left > 0)?;
        let bytes = image
            .bytes(self.offset.checked_add(at.into())?, left.min(limit::NAME))
            .ok()?;
        Some(Text::from_bytes(until_nul(&bytes)))
    }

    /// The same without a copy; reads the whole table the first time.
    pub(super) fn slice(&self, image: &Image, at: u32) -> Option<&[u8]> {
        let size = self.size.min(limit::TABLE);
        let whole = self
            .whole
            .get_or_init(|| image.bytes(self.offset, size).unwrap_or_default());
        let rest = whole.get(at as usize..).filter(|rest| !rest.is_empty())?;
        let end = rest.len().min(limit::NAME as usize);
        Some(until_nul(rest.get(..end).unwrap_or(rest)))
    }

    fn is_cut(&self) -> bool {
        self.size > limit::TABLE
    }
}

/// One symbol.
#[derive(Clone, Copy, Debug)]
pub struct Symbol<'a> {
    /// Its name, bytes as they are.
    pub name: &'a [u8],
    /// Address, or 0.
    pub value: u64,
    /// Size in bytes.
    pub size: u64,
    /// It is defined in this object.
    pub defined: bool,
    /// Its value is absolute (SHN_ABS).
    pub absolute: bool,
    /// Function, object, thread-local.
    pub kind: SymbolType,
    /// Local, global or weak.
    pub bind: SymbolBind,
    /// Hidden from other objects by its visibility.
    pub invisible: bool,
    /// Its entry of `.gnu.version`, with the hidden bit; `None` without that table.
    pub version: Option<u16>,
}

/// A symbol table with its names and versions.
#[derive(Debug)]
pub struct Table<'i> {
    image: &'i Image,
    symbols: Vec<elf::Sym64<Le>>,
    indices: Option<Vec<u16>>,
    strings: Strings,
    /// Its versions; empty for `.symtab`.
    pub versions: Versions,
    /// The table is larger than the bounds of this module, and its rest was left out.
    pub cut: bool,
}

impl<'i> Table<'i> {
    /// `.dynsym`, as the loader finds it. Empty for an object without one.
    ///
    /// # Errors
    /// The table lies outside the file, or the read fails.
    pub fn dynamic(image: &'i Image) -> Result<Self, Error> {
        let strings = Strings::dynamic(image);
        let versions = Versions::read(image, &strings);
        let count = count(image);
        let kept = count.min(limit::TABLE / size_of::<elf::Sym64<Le>>() as u64);
        let mut table = Self {
            image,
            symbols: Vec::new(),
            indices: None,
            cut: kept < count || strings.is_cut() || versions.cut,
            strings,
            versions,
        };
        if let Some((offset, left)) = image
            .value(elf::DT_SYMTAB)
            .and_then(|address| image.place(address))
        {
            let most = left / size_of::<elf::Sym64<Le>>() as u64;
            table.symbols = image.structures(offset, kept.min(most) as usize, "dynamic symbols")?;
        }
        table.indices = image
            .value(elf::DT_VERSYM)
            .and_then(|address| image.bytes_at(address, table.symbols.len() as u64 * 2))
            .map(|bytes| {
                let pairs = bytes.as_chunks::<2>().0;
                pairs.iter().map(|pair| u16::from_le_bytes(*pair)).collect()
            });
        Ok(table)
    }

    /// `.symtab`, which has static functions too and is often stripped: then it is empty.
    ///
    /// # Errors
    /// The table lies outside the file, or the read fails.
    pub fn linked(image: &'i Image) -> Result<Self, Error> {
        let sections = sections(image)?;
        let section = sections
            .iter()
            .find(|section| section.sh_type.get(LE) == elf::SHT_SYMTAB);
        let names = section.and_then(|section| sections.get(section.sh_link.get(LE) as usize));
        let (Some(section), Some(names)) = (section, names) else {
            return Ok(Self {
                image,
                symbols: Vec::new(),
                indices: None,
                strings: Strings::at(image, 0, 0),
                versions: Versions::default(),
                cut: false,
            });
        };
        let size = section.sh_size.get(LE);
        let kept = size.min(limit::TABLE) / size_of::<elf::Sym64<Le>>() as u64;
        let symbols = image.structures(section.sh_offset.get(LE), kept as usize, ".symtab")?;
        let strings = Strings::at(image, names.sh_offset.get(LE), names.sh_size.get(LE));
        Ok(Self {
            image,
            symbols,
            indices: None,
            cut: size > limit::TABLE || strings.is_cut(),
            strings,
            versions: Versions::default(),
        })
    }

    /// All symbols but the empty first one.
    pub fn iter(&self) -> impl Iterator<Item = Symbol<'_>> + '_ {
        (1..self.symbols.len()).filter_map(|index| self.get(index))
    }

    /// How many entries the table has, the empty first one included.
    #[must_use]
    pub fn len(&self) -> usize {
        self.symbols.len()
    }

    /// No entries.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.symbols.is_empty()
    }

    /// The symbol at an index.
    #[must_use]
    pub fn get(&self, index: usize) -> Option<Symbol<'_>> {
        let symbol = self.symbols.get(index)?;
        let section = symbol.st_shndx.get(LE);
        let visibility = symbol.st_visibility();
        Some(Symbol {
            name: self.strings.slice(self.image, symbol.st_name.get(LE))?,
            value: symbol.st_value.get(LE),
            size: symbol.st_size.get(LE),
            defined: section != elf::SHN_UNDEF,
            absolute: section == elf::SHN_ABS,
            kind: symbol.st_type(),
            bind: symbol.st_bind(),
            invisible: visibility == elf::STV_HIDDEN || visibility == elf::STV_INTERNAL,
            version: self
                .indices
                .as_ref()
                .and_then(|indices| indices.get(index).copied()),
        })
    }
}

impl Symbol<'_> {
    /// It is code: a function or the resolver of one (IFUNC).
    #[must_use]
    pub fn is_code(&self) -> bool {
        self.kind == elf::STT_FUNC || self.kind == elf::STT_GNU_IFUNC
    }
}

/// Number of dynamic symbols: nothing states it, so it comes from the hash tables.
fn count(image: &Image) -> u64 {
    if let Some(bytes) = image
        .value(elf::DT_HASH)
        .and_then(|at| image.bytes_at(at, 8))
        && let Some(count) = word(&bytes, 4)
    {
        return count.into();
    }
    image
        .value(elf::DT_GNU_HASH)
        .and_then(|at| count_by_gnu_hash(image, at))
        .unwrap_or(0)
}

/// The highest symbol in a bucket begins the last chain; the chain ends at an odd word.
fn count_by_gnu_hash(image: &Image, address: u64) -> Option<u64> {
    let header = image.bytes_at(address, 16)?;
    let (buckets, first, bloom) = (word(&header, 0)?, word(&header, 4)?, word(&header, 8)?);
    let start = address.checked_add(16 + u64::from(bloom) * 8)?;
    let bytes = image.bytes_at(start, (u64::from(buckets) * 4).min(limit::TABLE))?;
    let heads = bytes.as_chunks::<4>().0;
    let last = heads.iter().map(|head| u32::from_le_bytes(*head)).max()?;
    if last < first {
        return Some(first.into());
    }
    let mut index = u64::from(last);
    let mut at = start.checked_add(u64::from(buckets) * 4 + u64::from(last - first) * 4)?;
    loop {
        let bytes = image.bytes_at(at, 4096)?;
        let chain = bytes.as_chunks::<4>().0;
        for link in chain {
            index += 1;
            if u32::from_le_bytes(*link) & 1 == 1 {
                return Some(index);
            }
        }
        // Past the bound the rest is cut anyway; a file of zeros would be read to its end.
        if chain.is_empty() || index > limit::TABLE / size_of::<elf::Sym64<Le>>() as u64 {
            return Some(index);
        }
        at = at.checked_add(chain.len() as u64 * 4)?;
    }
}

fn sections(image: &Image) -> Result<Vec<elf::SectionHeader64<Le>>, Error> {
    let offset = image.header.e_shoff.get(LE);
    let mut count = u32::from(image.header.e_shnum.get(LE));
    if offset == 0 {
        return Ok(Vec::new());
    }
    if count == 0 {
        let first: Vec<elf::SectionHeader64<Le>> = image.structures(offset, 1, "sections")?;
        let size = first.first().map_or(0, |section| section.sh_size.get(LE));
        count = u32::try_from(size).unwrap_or(u32::MAX);
    }
    if count > limit::SECTIONS {
        return Err(image.malformed("too many sections"));
    }
    image.structures(offset, count as usize, "sections")
}

fn word(bytes: &[u8], at: usize) -> Option<u32> {
    pod::from_bytes::<object::U32<Le>>(bytes.get(at..)?)
        .ok()
        .map(|(value, _)| value.get(LE))
}
