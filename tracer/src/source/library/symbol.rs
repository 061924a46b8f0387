//! The nearest function below an address, so that an instruction pointer can be named.

use super::table::Table;
use super::{Error, Image};
use crate::event::Text;

/// The functions of one object in order of address. Costs one pass over its tables; keep it per file.
#[derive(Clone, Debug, Default)]
pub struct Symbols {
    entries: Vec<Entry>,
    names: Vec<u8>,
}

#[derive(Clone, Copy, Debug)]
struct Entry {
    address: u64,
    size: u64,
    /// Dynamic names win over those of `.symtab`.
    local: bool,
    start: u32,
    length: u32,
}

/// A function found by address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Nearest {
    /// Its name.
    pub name: Text,
    /// Its address.
    pub address: u64,
    /// Its size in bytes, 0 where the table does not say.
    pub size: u64,
    /// Bytes from its beginning to the address asked for.
    pub distance: u64,
}

impl Symbols {
    /// Reads `.dynsym` and `.symtab`.
    ///
    /// # Errors
    /// A table lies outside the file, or a read fails.
    pub fn read(image: &Image) -> Result<Self, Error> {
        let mut symbols = Self::default();
        symbols.add(&Table::dynamic(image)?, false);
        symbols.add(&Table::linked(image)?, true);
        let Self { mut entries, names } = symbols;
        entries.sort_by(|a, b| {
            let key = |entry: &Entry| (entry.address, entry.local);
            key(a)
                .cmp(&key(b))
                .then_with(|| slice(&names, a).cmp(&slice(&names, b)))
        });
        entries.dedup_by_key(|entry| entry.address);
        Ok(Self { entries, names })
    }

    fn add(&mut self, table: &Table<'_>, local: bool) {
        for symbol in table
            .iter()
            .filter(|symbol| symbol.defined && symbol.is_code())
        {
            let start = u32::try_from(self.names.len());
            let length = u32::try_from(symbol.name.len());
            if let (Ok(start), Ok(length)) = (start, length)
                && length > 0
            {
                self.names.extend_from_slice(symbol.name);
                let (address, size) = (symbol.value, symbol.size);
                self.entries.push(Entry {
                    address,
                    size,
                    local,
                    start,
                    length,
                });
            }
        }
    }

    /// The nearest function at or below an address of the file's own view. It may end before that address: compare
    /// `distance` with `size`.
    #[must_use]
    pub fn nearest(&self, address: u64) -> Option<Nearest> {
        let after = self
            .entries
            .partition_point(|entry| entry.address <= address);
        let entry = self.entries.get(after.checked_sub(1)?)?;
        self.describe(entry, address)
    }

    /// The function with this name (the first in order of address).
    #[must_use]
    pub fn named(&self, name: &str) -> Option<Nearest> {
        let entry = self
            .entries
            .iter()
            .find(|entry| self.name(entry) == Some(name.as_bytes()))?;
        self.describe(entry, entry.address)
    }

    fn describe(&self, entry: &Entry, address: u64) -> Option<Nearest> {
        Some(Nearest {
            name: Text::from_bytes(self.name(entry)?),
            address: entry.address,
            size: entry.size,
            distance: address.checked_sub(entry.address)?,
        })
    }

    fn name(&self, entry: &Entry) -> Option<&[u8]> {
        slice(&self.names, entry)
    }
}

fn slice<'n>(names: &'n [u8], entry: &Entry) -> Option<&'n [u8]> {
    let start = entry.start as usize;
    names.get(start..start.checked_add(entry.length as usize)?)
}
