//! `/etc/ld.so.cache`: the table that `ldconfig` writes and the loader searches before its default folders.
//!
//! Two formats: `glibc-ld.so.cache1.1` alone (what ldconfig has written since 2.32), or behind a table in the old
//! format `ld.so-1.7.0`; an old table alone is no longer read by the loader, nor here. Since 2.33 an extension lists
//! the `glibc-hwcaps` folder names, and an entry may belong to one of them (glibc, sysdeps/generic/dl-cache.h).

use std::collections::BTreeMap;
use std::io::Read;
use std::path::Path;

use super::layout::CpuLevel;
use super::{Error, Problem, Root, limit};
use crate::event::Text;

const OLD: &[u8] = b"ld.so-1.7.0\0";
const NEW: &[u8] = b"glibc-ld.so.cache1.1";
const EXTENSION: u32 = 0xeaa4_2174;
const HWCAPS_SECTION: u32 = 1;
/// Flags of a 64-bit x86 library of glibc.
const X86_64: u32 = 0x0303;
/// `hwcap` names an entry of the extension.
const HWCAP_EXTENSION: u64 = 1 << 62;
/// The legacy `tls` folder, which counts as none.
const HWCAP_TLS: u64 = 1 << 63;

/// The entries of this machine's kind.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cache {
    entries: BTreeMap<Text, Vec<Entry>>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Entry {
    file: Text,
    level: Option<Text>,
}

impl Cache {
    /// Reads `/etc/ld.so.cache` of a root.
    ///
    /// # Errors
    /// The file cannot be read, or is no cache.
    pub fn read(root: &Root) -> Result<Self, Error> {
        let path = Path::new("/etc/ld.so.cache");
        let io = |call, source| Error::io(call, path, source);
        let located = root.locate(path).map_err(|source| io("lstat", source))?;
        let file = located.open().map_err(|source| io("open", source))?;
        let mut bytes = Vec::new();
        file.take(limit::CACHE)
            .read_to_end(&mut bytes)
            .map_err(|source| io("read", source))?;
        Self::parse(&bytes).ok_or_else(|| Error::file(path, Problem::Malformed("no loader cache")))
    }

    /// Parses its bytes. `None` when they are no cache in the new format. Entries that point outside are left out.
    #[must_use]
    pub fn parse(bytes: &[u8]) -> Option<Self> {
        let start = start_of_new(bytes)?;
        // String offsets count from the header of the new format.
        let table = bytes.get(start..)?;
        let count = word(table, 20)? as usize;
        let extension = word(table, 32)? as usize;
        let hwcaps = hwcap_names(bytes, table, extension);
        let mut cache = Self::default();
        let entries = table.get(48..)?.as_chunks::<24>().0;
        for entry in entries.iter().take(count) {
            if let Some((name, entry)) = read_entry(table, entry, &hwcaps) {
                cache.entries.entry(name).or_default().push(entry);
            }
        }
        Some(cache)
    }

    /// Files for a name, the loader's choice first. The loader tries only that one.
    ///
    /// `level` is the machine's: entries of a `glibc-hwcaps` folder above it are left out, and the highest that is left
    /// comes first.
    #[must_use]
    pub fn lookup(&self, name: &Text, level: CpuLevel) -> Vec<Text> {
        let mut found: Vec<(std::cmp::Reverse<CpuLevel>, &Text)> = self
            .entries
            .get(name)
            .into_iter()
            .flatten()
            .filter_map(|entry| {
                let needs = match &entry.level {
                    None => CpuLevel::V1,
                    Some(folder) => CpuLevel::from_folder(folder.as_str())?,
                };
                (needs <= level).then_some((std::cmp::Reverse(needs), &entry.file))
            })
            .collect();
        found.sort_by_key(|(needs, _)| *needs);
        found.into_iter().map(|(_, file)| file.clone()).collect()
    }

    /// All names and their files, in order of name.
    pub fn iter(&self) -> impl Iterator<Item = (&Text, &Text)> + '_ {
        self.entries
            .iter()
            .flat_map(|(name, entries)| entries.iter().map(move |entry| (name, &entry.file)))
    }
}

/// Where the new format begins: at once, or behind an old table, aligned to 8 bytes.
fn start_of_new(bytes: &[u8]) -> Option<usize> {
    if bytes.starts_with(NEW) {
        return Some(0);
    }
    if !bytes.starts_with(OLD) {
        return None;
    }
    let count = word(bytes, 12)? as usize;
    let end = count.checked_mul(12)?.checked_add(16)?;
    let start = end.checked_next_multiple_of(8)?;
    bytes.get(start..)?.starts_with(NEW).then_some(start)
}

fn read_entry(table: &[u8], entry: &[u8; 24], hwcaps: &[Text]) -> Option<(Text, Entry)> {
    if word(entry, 0)? != X86_64 {
        return None;
    }
    let name = string(table, word(entry, 4)?)?;
    let file = string(table, word(entry, 8)?)?;
    let hwcap = u64::from_le_bytes(entry.get(16..24)?.try_into().ok()?);
    let level = if hwcap & HWCAP_EXTENSION != 0 {
        Some(hwcaps.get((hwcap & 0xffff_ffff) as usize)?.clone())
    } else if hwcap & !HWCAP_TLS != 0 {
        // A legacy hardware folder; 2.37 and later have none.
        return None;
    } else {
        None
    };
    Some((name, Entry { file, level }))
}

/// Names of the `glibc-hwcaps` folders in the extension; offsets in it count from the beginning of the file.
fn hwcap_names(bytes: &[u8], table: &[u8], at: usize) -> Vec<Text> {
    let Some(extension) = bytes.get(at..).filter(|_| at != 0) else {
        return Vec::new();
    };
    if word(extension, 0) != Some(EXTENSION) {
        return Vec::new();
    }
    let sections = word(extension, 4).unwrap_or(0) as usize;
    let Some(list) = extension.get(8..) else {
        return Vec::new();
    };
    for section in list.as_chunks::<16>().0.iter().take(sections) {
        if word(section, 0) != Some(HWCAPS_SECTION) {
            continue;
        }
        let (offset, size) = (
            word(section, 8).unwrap_or(0),
            word(section, 12).unwrap_or(0),
        );
        let names = bytes.get(offset as usize..).unwrap_or_default();
        let names = names.get(..size as usize).unwrap_or(names);
        return names
            .as_chunks::<4>()
            .0
            .iter()
            .take(4096)
            .map(|at| string(table, u32::from_le_bytes(*at)).unwrap_or_default())
            .collect();
    }
    Vec::new()
}

fn word(bytes: &[u8], at: usize) -> Option<u32> {
    let four = bytes.get(at..at.checked_add(4)?)?;
    Some(u32::from_le_bytes(four.try_into().ok()?))
}

/// A name that ends with NUL inside the bytes.
fn string(bytes: &[u8], at: u32) -> Option<Text> {
    let rest = bytes.get(at as usize..)?;
    let rest = rest.get(..limit::NAME as usize).unwrap_or(rest);
    let end = rest.iter().position(|byte| *byte == 0)?;
    rest.get(..end).map(Text::from_bytes)
}

#[cfg(test)]
mod tests;
