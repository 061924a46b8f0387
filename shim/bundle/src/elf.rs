//! Where the dynamic symbols and versions of a library stand in its file: offsets to write at.

use object::LittleEndian as Little;
use object::elf::{FileHeader64, SHT_DYNSYM, SHT_GNU_VERDEF, SHT_GNU_VERSYM, Sym64};
use object::read::elf::{FileHeader as _, SectionHeader as _};

/// A dynamic symbol.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Symbol<'a> {
    /// Its name.
    pub(crate) name: &'a [u8],
    /// Where the name stands in the file.
    pub(crate) name_at: usize,
    /// Where its version's number stands in the file.
    pub(crate) version_at: Option<usize>,
    /// Another library has to have it.
    pub(crate) is_wanted: bool,
    /// Nothing can stand in for it.
    pub(crate) is_strong: bool,
}

/// What is to be found in a library.
pub(crate) struct Elf<'a> {
    header: &'a FileHeader64<Little>,
    bytes: &'a [u8],
}

impl<'a> Elf<'a> {
    /// Reads the header; `None` where it is no 64-bit little-endian ELF file.
    pub(crate) fn parse(bytes: &'a [u8]) -> Option<Self> {
        let header = FileHeader64::<Little>::parse(bytes).ok()?;
        header.is_little_endian().then_some(Self { header, bytes })
    }

    /// All dynamic symbols with a name.
    pub(crate) fn symbols(&self) -> Option<Vec<Symbol<'a>>> {
        let sections = self.header.sections(Little, self.bytes).ok()?;
        let (_, table) = sections
            .iter()
            .enumerate()
            .find(|(_, section)| section.sh_type(Little) == SHT_DYNSYM)?;
        let strings = sections.section(table.link(Little)).ok()?;
        let names_at = usize::try_from(strings.sh_offset(Little)).ok()?;
        let names = strings.data(Little, self.bytes).ok()?;
        let versions_at = sections
            .iter()
            .find(|section| section.sh_type(Little) == SHT_GNU_VERSYM)
            .and_then(|section| usize::try_from(section.sh_offset(Little)).ok());
        let list: &[Sym64<Little>] = table.data_as_array(Little, self.bytes).ok()?;
        let symbols = list.iter().enumerate().filter_map(|(index, symbol)| {
            let at = usize::try_from(symbol.st_name.get(Little)).ok()?;
            let name = text(names, at)?;
            Some(Symbol {
                name,
                name_at: names_at.checked_add(at)?,
                version_at: versions_at.and_then(|start| start.checked_add(index.checked_mul(2)?)),
                is_wanted: symbol.st_shndx.get(Little) == object::elf::SHN_UNDEF,
                is_strong: symbol.st_bind() == object::elf::STB_GLOBAL,
            })
        });
        Some(symbols.filter(|symbol| !symbol.name.is_empty()).collect())
    }

    /// The version nodes but the file's own name: where the node stands, where its name's record stands, the name's offset among the
    /// strings, the name.
    pub(crate) fn versions(&self) -> Option<Vec<Version<'a>>> {
        let sections = self.header.sections(Little, self.bytes).ok()?;
        let table = sections
            .iter()
            .find(|section| section.sh_type(Little) == SHT_GNU_VERDEF)?;
        let strings = sections.section(table.link(Little)).ok()?;
        let names = strings.data(Little, self.bytes).ok()?;
        let start = usize::try_from(table.sh_offset(Little)).ok()?;
        let mut at = start;
        let mut found = Vec::new();
        // Verdef: version, flags, index, count (u16 each), hash, offset of names, offset of the next (u32 each).
        for _ in 0..table.sh_info(Little) {
            let flags = self.number::<2>(at.checked_add(2)?)?;
            let aux = at.checked_add(self.number::<4>(at.checked_add(12)?)?)?;
            let name = self.number::<4>(aux)?;
            if flags & usize::from(object::elf::VER_FLG_BASE.0) == 0 {
                found.push(Version {
                    hash_at: at.checked_add(8)?,
                    offset_at: aux,
                    offset: name,
                    name: text(names, name)?,
                });
            }
            let next = self.number::<4>(at.checked_add(16)?)?;
            if next == 0 {
                break;
            }
            at = at.checked_add(next)?;
        }
        Some(found)
    }

    fn number<const SIZE: usize>(&self, at: usize) -> Option<usize> {
        let bytes = self.bytes.get(at..at.checked_add(SIZE)?)?;
        let number = bytes
            .iter()
            .rev()
            .fold(0_usize, |sum, byte| (sum << 8) | usize::from(*byte));
        Some(number)
    }
}

/// A version node that the library has.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Version<'a> {
    /// Where the hash of its name stands in the file.
    pub(crate) hash_at: usize,
    /// Where the offset of its name stands in the file.
    pub(crate) offset_at: usize,
    /// The offset of its name among the strings.
    pub(crate) offset: usize,
    /// Its name.
    pub(crate) name: &'a [u8],
}

/// The text at an offset, up to its NUL.
fn text(strings: &[u8], at: usize) -> Option<&[u8]> {
    let rest = strings.get(at..)?;
    let end = rest.iter().position(|byte| *byte == 0)?;
    rest.get(..end)
}
