//! Which references of newly loaded objects nothing in scope defines (glibc, elf/dl-lookup.c, `check_match`).

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::Path;

use object::elf;

use super::facts::versioned;
use super::table::{Symbol, Table};
use super::versions::{Need, Version};
use super::{Image, Root, limit, relocation};
use crate::event::Text;

/// A version wanted by a reference.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Wanted {
    version: Option<Text>,
    hidden: bool,
}

/// Names and the versions wanted of each, while nothing defines them.
#[derive(Default)]
pub(super) struct References {
    open: HashMap<Vec<u8>, BTreeSet<Wanted>>,
    count: usize,
}

impl References {
    /// Adds the non-weak references of an object that the loader would have to resolve.
    pub(super) fn add(&mut self, path: &Path, root: &Root) {
        let Ok(image) = Image::open(path, root) else {
            return;
        };
        let Ok(table) = Table::dynamic(&image) else {
            return;
        };
        let used = relocation::referenced(&image);
        for index in 1..table.len() {
            let number = u32::try_from(index).unwrap_or(u32::MAX);
            if used.as_ref().is_some_and(|used| !used.contains(&number)) {
                continue;
            }
            let Some(symbol) = table.get(index) else {
                continue;
            };
            if symbol.defined || symbol.bind != elf::STB_GLOBAL || symbol.name.is_empty() {
                continue;
            }
            let wanted = match table.versions.get(symbol.version.unwrap_or(0) & 0x7fff) {
                Some(Version::Needed(Need {
                    version, hidden, ..
                })) => Wanted {
                    version: Some(version.clone()),
                    hidden: *hidden,
                },
                Some(Version::Defined(version)) => Wanted {
                    version: Some(version.clone()),
                    hidden: false,
                },
                None => Wanted {
                    version: None,
                    hidden: false,
                },
            };
            if self.count < limit::REFERENCES
                && self
                    .open
                    .entry(symbol.name.to_vec())
                    .or_default()
                    .insert(wanted)
            {
                self.count += 1;
            }
        }
    }

    /// Takes out what an object of the scope defines. An object that cannot be read defines nothing.
    pub(super) fn resolve(&mut self, path: &Path, root: &Root) {
        if self.open.is_empty() {
            return;
        }
        let Ok(image) = Image::open(path, root) else {
            return;
        };
        let Ok(table) = Table::dynamic(&image) else {
            return;
        };
        let mut single: BTreeMap<&[u8], u32> = BTreeMap::new();
        for symbol in table.iter().filter(is_definition) {
            let Some(wanted) = self.open.get_mut(symbol.name) else {
                continue;
            };
            wanted.retain(|wanted| !matches(&table, &symbol, wanted));
            // Exactly one version of a name, even of another name, answers a reference without version.
            let index = symbol.version.unwrap_or(0);
            if index & 0x7fff >= 3 && index & 0x8000 == 0 {
                *single.entry(symbol.name).or_default() += 1;
            }
        }
        for (name, count) in single {
            if let Some(wanted) = self.open.get_mut(name).filter(|_| count == 1) {
                wanted.retain(|wanted| wanted.version.is_some());
            }
        }
        self.open.retain(|_, wanted| !wanted.is_empty());
    }

    /// What is left, as `name` or `name@VERSION`, sorted.
    pub(super) fn left(&self) -> Vec<Text> {
        let mut left: Vec<Text> = self
            .open
            .iter()
            .flat_map(|(name, all)| {
                all.iter().map(|wanted| match &wanted.version {
                    Some(version) => versioned(name, version),
                    None => Text::from_bytes(name),
                })
            })
            .collect();
        left.sort();
        left.dedup();
        left
    }
}

/// The loader considers it at all.
fn is_definition(symbol: &Symbol<'_>) -> bool {
    let kind = symbol.kind;
    let bind = symbol.bind;
    symbol.defined
        && !symbol.invisible
        && (symbol.value != 0 || symbol.absolute || kind == elf::STT_TLS)
        && (bind == elf::STB_GLOBAL || bind == elf::STB_WEAK || bind == elf::STB_GNU_UNIQUE)
        && (kind == elf::STT_NOTYPE
            || kind == elf::STT_OBJECT
            || kind == elf::STT_FUNC
            || kind == elf::STT_COMMON
            || kind == elf::STT_TLS
            || kind == elf::STT_GNU_IFUNC)
}

fn matches(table: &Table<'_>, symbol: &Symbol<'_>, wanted: &Wanted) -> bool {
    let Some(index) = symbol.version else {
        // An object without versions answers every reference.
        return true;
    };
    match &wanted.version {
        None => index & 0x7fff < 3,
        Some(version) => match table.versions.get(index & 0x7fff) {
            Some(Version::Defined(defined)) => defined == version,
            Some(Version::Needed(need)) => need.version == *version,
            // The base version, unless exactly the wanted one is asked for.
            None => !wanted.hidden && index & 0x8000 == 0,
        },
    }
}
