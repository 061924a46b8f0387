//! Functions of an object and where to probe them.

use std::collections::BTreeMap;

use super::table::{Symbol, Table};
use super::versions::Version;
use super::{Error, Image};
use crate::event::Text;

/// `endbr64`, the landing pad of an indirect branch under CET.
pub const ENDBR64: [u8; 4] = [0xf3, 0x0f, 0x1e, 0xfa];

/// Which tables to read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tables {
    /// Exported functions only.
    Dynamic,
    /// `.symtab` too, where it was not stripped: it has static functions.
    All,
}

/// One name of a function.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Name {
    /// It is in the dynamic table, so other objects can link to it.
    pub exported: bool,
    /// The name.
    pub text: Text,
    /// Its version, for an exported one that has any.
    pub version: Option<Text>,
    /// That version is the default one (`name@@VERSION`).
    pub default: bool,
}

/// A function of the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Function {
    /// All its names: exported ones first, then in order of their bytes.
    pub names: Vec<Name>,
    /// Address in the file's own view (`st_value`).
    pub address: u64,
    /// The same as an offset in the file.
    pub offset: u64,
    /// Size in bytes, 0 where the table does not say.
    pub size: u64,
    /// Its first instruction is `endbr64`.
    pub starts_with_endbr64: bool,
    /// It is the resolver of an indirect function, not the function.
    pub ifunc: bool,
    /// It stands in an executable segment. Anything else must not be probed.
    pub text: bool,
}

/// The functions found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Functions {
    /// One per offset, in order of offset.
    pub list: Vec<Function>,
    /// A table was larger than the bounds of this module, and its rest was left out.
    pub cut: bool,
}

impl Function {
    /// The first name.
    #[must_use]
    pub fn name(&self) -> &str {
        self.names.first().map_or("", |name| name.text.as_str())
    }

    /// File offset for an entry probe: behind `endbr64`, which the kernel would single-step (10 us instead of 0.7 us a
    /// call on 6.18) and which leaves registers and stack as they were.
    #[must_use]
    pub fn probe_offset(&self) -> u64 {
        if self.starts_with_endbr64 {
            self.offset.saturating_add(4)
        } else {
            self.offset
        }
    }
}

impl Functions {
    /// The function with this name, exported ones preferred.
    #[must_use]
    pub fn named(&self, name: &str) -> Option<&Function> {
        let with = |exported| {
            self.list.iter().find(|function| {
                function
                    .names
                    .iter()
                    .any(|found| found.text.as_str() == name && found.exported == exported)
            })
        };
        with(true).or_else(|| with(false))
    }
}

/// Defined functions whose name `wanted` accepts; aliases at one offset are one function. All names of an accepted
/// offset are kept, the accepted and the others.
///
/// # Errors
/// A symbol table lies outside the file, or a read fails.
pub fn functions(
    image: &Image,
    tables: Tables,
    wanted: impl Fn(&str) -> bool,
) -> Result<Functions, Error> {
    let dynamic = Table::dynamic(image)?;
    let linked = match tables {
        Tables::Dynamic => None,
        Tables::All => Some(Table::linked(image)?),
    };
    let mut by_address: BTreeMap<u64, Function> = BTreeMap::new();
    let each = || {
        let exported = dynamic.iter().map(|symbol| (&dynamic, true, symbol));
        let local = linked
            .iter()
            .flat_map(|table| table.iter().map(move |symbol| (table, false, symbol)));
        exported
            .chain(local)
            .filter(|(_, _, symbol)| symbol.defined && symbol.is_code())
    };
    for (_, _, symbol) in each() {
        if std::str::from_utf8(symbol.name).is_ok_and(&wanted)
            && let Some(offset) = image.offset_of(symbol.value)
        {
            by_address
                .entry(symbol.value)
                .or_insert_with(|| begin(image, &symbol, offset));
        }
    }
    for (table, exported, symbol) in each() {
        if let Some(function) = by_address.get_mut(&symbol.value) {
            function.size = function.size.max(symbol.size);
            function.names.push(name(table, exported, &symbol));
        }
    }
    let mut by_offset: BTreeMap<u64, Function> = BTreeMap::new();
    for (_, mut function) in by_address {
        tidy(&mut function.names);
        match by_offset.get_mut(&function.offset) {
            Some(other) => other.names.append(&mut function.names),
            None => drop(by_offset.insert(function.offset, function)),
        }
    }
    let cut = dynamic.cut || linked.is_some_and(|table| table.cut);
    Ok(Functions {
        list: by_offset.into_values().collect(),
        cut,
    })
}

fn begin(image: &Image, symbol: &Symbol<'_>, offset: u64) -> Function {
    let first = image.bytes_at(symbol.value, 4);
    Function {
        names: Vec::new(),
        address: symbol.value,
        offset,
        size: symbol.size,
        starts_with_endbr64: first.is_some_and(|bytes| bytes == ENDBR64),
        ifunc: symbol.kind == object::elf::STT_GNU_IFUNC,
        text: image.is_text(symbol.value),
    }
}

fn name(table: &Table<'_>, exported: bool, symbol: &Symbol<'_>) -> Name {
    let index = symbol.version.unwrap_or(0);
    let version = match table.versions.get(index & 0x7fff) {
        Some(Version::Defined(version)) => Some(version.clone()),
        _ => None,
    };
    Name {
        exported,
        text: Text::from_bytes(symbol.name),
        default: version.is_some() && index & 0x8000 == 0,
        version,
    }
}

/// Exported names first; a name of `.symtab` that only repeats an exported one goes.
fn tidy(names: &mut Vec<Name>) {
    names.sort_by(|a, b| {
        (!a.exported, &a.text, !a.default, &a.version).cmp(&(
            !b.exported,
            &b.text,
            !b.default,
            &b.version,
        ))
    });
    names.dedup();
    let exported: Vec<Text> = names
        .iter()
        .filter(|name| name.exported)
        .map(|name| name.text.clone())
        .collect();
    names.retain(|name| {
        // `.symtab` writes versions into the name: `dlopen@@GLIBC_2.34`.
        let plain = name.text.as_str().split('@').next().unwrap_or_default();
        name.exported || !exported.iter().any(|other| other.as_str() == plain)
    });
}

#[cfg(test)]
mod tests;
