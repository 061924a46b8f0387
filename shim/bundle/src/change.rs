//! The changes of a library's file that ready-made faults ask for. What is changed is what the loader reads; code stays as it is.

use vgputrace_device::ready::Change;

use crate::elf::{Elf, Symbol};

/// What a symbol is called that nobody has.
const NOBODY_HAS: &[u8] = b"vgpu_helper_0123456789abcdef";

/// Why a library cannot be changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// It is no library that the loader would read.
    #[error("the file is no shared library for 64 bits")]
    NoLibrary,
    /// What is to be changed is not in it, or something else would be changed with it.
    #[error("the library has no {0} that could be changed")]
    NotThere(&'static str),
}

/// A changed copy; `None` where the file is not to be there.
///
/// # Errors
/// Bytes that are no library, or one that lacks what is to be changed.
pub fn changed(bytes: &[u8], change: Change) -> Result<Option<Vec<u8>>, Error> {
    let elf = Elf::parse(bytes).ok_or(Error::NoLibrary)?;
    let mut copy = bytes.to_vec();
    match change {
        Change::Missing => return Ok(None),
        Change::Truncated => copy.truncate(bytes.len() / 2),
        // EI_CLASS; the loader looks no further.
        Change::Class32 => {
            write(&mut copy, 4, &[object::elf::ELFCLASS32.0]).ok_or(Error::NoLibrary)?
        }
        Change::WithoutSymbol(name) => {
            without(&elf, name, &mut copy).ok_or(Error::NotThere("symbol"))?
        }
        Change::UndefinedSymbol => wanting(&elf, &mut copy).ok_or(Error::NotThere("import"))?,
        Change::OtherVersion => other_version(&elf, &mut copy).ok_or(Error::NotThere("version"))?,
    }
    Ok(Some(copy))
}

/// The last letter of an exported name becomes `_`: whoever looks the name up finds its hash and another name.
fn without(elf: &Elf<'_>, name: &str, copy: &mut [u8]) -> Option<()> {
    let symbols = elf.symbols()?;
    let symbol = symbols
        .iter()
        .find(|symbol| !symbol.is_wanted && symbol.name == name.as_bytes())?;
    stands_alone(symbol, &symbols).then_some(())?;
    write(
        copy,
        symbol.name_at.checked_add(name.len())?.checked_sub(1)?,
        b"_",
    )
}

/// The import with the longest name is called otherwise, and is of any library instead of a version of one.
fn wanting(elf: &Elf<'_>, copy: &mut [u8]) -> Option<()> {
    let symbols = elf.symbols()?;
    let symbol = symbols
        .iter()
        .filter(|symbol| symbol.is_wanted && symbol.is_strong)
        .filter(|symbol| stands_alone(symbol, &symbols))
        .max_by_key(|symbol| symbol.name.len())?;
    let length = symbol.name.len().min(NOBODY_HAS.len());
    let mut name = NOBODY_HAS.get(..length)?.to_vec();
    name.push(0);
    write(copy, symbol.name_at, &name)?;
    write(
        copy,
        symbol.version_at?,
        &object::elf::VER_NDX_GLOBAL.0.to_le_bytes(),
    )
}

/// Every version node loses the first letters of its name, `lib`, and gets the hash that belongs to the rest.
fn other_version(elf: &Elf<'_>, copy: &mut [u8]) -> Option<()> {
    let versions = elf.versions()?;
    for version in &versions {
        let rest = version.name.get(3..).filter(|rest| !rest.is_empty())?;
        let offset = u32::try_from(version.offset.checked_add(3)?).ok()?;
        write(copy, version.offset_at, &offset.to_le_bytes())?;
        write(
            copy,
            version.hash_at,
            &object::elf::hash(rest).to_le_bytes(),
        )?;
    }
    (!versions.is_empty()).then_some(())
}

/// No other symbol's name is a part of this one's.
fn stands_alone(symbol: &Symbol<'_>, all: &[Symbol<'_>]) -> bool {
    let end = symbol.name_at + symbol.name.len();
    let inside = |other: &&Symbol<'_>| (symbol.name_at..=end).contains(&other.name_at);
    let around = |other: &&Symbol<'_>| {
        other.name_at < symbol.name_at && other.name_at + other.name.len() >= symbol.name_at
    };
    all.iter()
        .filter(|other| inside(other) || around(other))
        .all(|other| other.name_at == symbol.name_at && other.is_wanted == symbol.is_wanted)
}

fn write(copy: &mut [u8], at: usize, bytes: &[u8]) -> Option<()> {
    let place = copy.get_mut(at..at.checked_add(bytes.len())?)?;
    place.copy_from_slice(bytes);
    Some(())
}
