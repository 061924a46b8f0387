//! Symbol versions of one object: which it defines, which it needs from which file.
//!
//! The two tables are chains of records inside one region (DT_VERDEF, DT_VERNEED); the index of a record is what the
//! `.gnu.version` entry of a symbol names.

use std::collections::BTreeMap;

use object::elf::{self, Verdaux, Verdef, Vernaux, Verneed};
use object::pod::{self, Pod};

use super::image::{Image, LE, Le};
use super::limit;
use super::table::Strings;
use crate::event::Text;

/// A version that this object needs from another file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Need {
    /// The file's name as in DT_NEEDED.
    pub file: Text,
    /// The version.
    pub version: Text,
    /// The loader only warns when it is not there.
    pub weak: bool,
    /// Only a definition of exactly this version answers, not an unversioned one.
    pub hidden: bool,
}

/// What an index of `.gnu.version` stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Version {
    /// Defined here.
    Defined(Text),
    /// Needed from elsewhere.
    Needed(Need),
}

/// All versions of one object.
#[derive(Clone, Debug, Default)]
pub struct Versions {
    by_index: BTreeMap<u16, Version>,
    /// Versions defined, in the order of the file, without the base entry that only repeats the SONAME.
    pub defined: Vec<Text>,
    /// Versions needed, in the order of the file.
    pub needed: Vec<Need>,
    /// The object has version definitions at all.
    pub has_definitions: bool,
    /// A table was malformed or too large, and its rest was left out.
    pub cut: bool,
}

impl Versions {
    /// Reads both tables.
    #[must_use]
    pub fn read(image: &Image, strings: &Strings) -> Self {
        let mut versions = Self::default();
        versions.read_definitions(image, strings);
        versions.read_needs(image, strings);
        versions
    }

    /// What an index (without its hidden bit) stands for; `None` for local, global and unknown ones.
    #[must_use]
    pub fn get(&self, index: u16) -> Option<&Version> {
        self.by_index.get(&index)
    }

    fn read_definitions(&mut self, image: &Image, strings: &Strings) {
        let Some(region) = Region::of(image, elf::DT_VERDEF, elf::DT_VERDEFNUM) else {
            return;
        };
        self.has_definitions = true;
        let mut at = 0;
        for _ in 0..region.count {
            let Some(record) = region.get::<Verdef<Le>>(at) else {
                self.cut = true;
                return;
            };
            let base = record.vd_flags.get(LE).0 & elf::VER_FLG_BASE.0 != 0;
            let name = region.get::<Verdaux<Le>>(at.saturating_add(record.vd_aux.get(LE).into()));
            if let Some(name) = name.and_then(|name| strings.get(image, name.vda_name.get(LE)))
                && !base
            {
                self.defined.push(name.clone());
                self.by_index
                    .insert(record.vd_ndx.get(LE).0 & 0x7fff, Version::Defined(name));
            }
            let next = u64::from(record.vd_next.get(LE));
            if next == 0 {
                return;
            }
            at = at.saturating_add(next);
        }
    }

    fn read_needs(&mut self, image: &Image, strings: &Strings) {
        let Some(region) = Region::of(image, elf::DT_VERNEED, elf::DT_VERNEEDNUM) else {
            return;
        };
        let mut at = 0;
        for _ in 0..region.count {
            let Some(record) = region.get::<Verneed<Le>>(at) else {
                self.cut = true;
                return;
            };
            if let Some(file) = strings.get(image, record.vn_file.get(LE)) {
                let first = at.saturating_add(record.vn_aux.get(LE).into());
                self.read_needs_of(image, strings, &region, first, &file);
            }
            let next = u64::from(record.vn_next.get(LE));
            if next == 0 {
                return;
            }
            at = at.saturating_add(next);
        }
    }

    fn read_needs_of(
        &mut self,
        image: &Image,
        strings: &Strings,
        region: &Region,
        first: u64,
        file: &Text,
    ) {
        let mut at = first;
        // The loader follows the chain, not the count; an index is 15 bits wide, so there are no more.
        for _ in 0..0x8000 {
            let Some(record) = region.get::<Vernaux<Le>>(at) else {
                self.cut = true;
                return;
            };
            if self.needed.len() >= 0x8000 {
                self.cut = true;
                return;
            }
            let index = record.vna_other.get(LE).0;
            if let Some(version) = strings.get(image, record.vna_name.get(LE)) {
                let weak = record.vna_flags.get(LE).0 & elf::VER_FLG_WEAK.0 != 0;
                let hidden = index & 0x8000 != 0;
                let need = Need {
                    file: file.clone(),
                    version,
                    weak,
                    hidden,
                };
                self.needed.push(need.clone());
                self.by_index.insert(index & 0x7fff, Version::Needed(need));
            }
            let next = u64::from(record.vna_next.get(LE));
            if next == 0 {
                return;
            }
            at = at.saturating_add(next);
        }
    }
}

/// The bytes of a version table.
struct Region {
    bytes: Vec<u8>,
    count: u64,
}

impl Region {
    fn of(image: &Image, table: elf::DynamicTag, count: elf::DynamicTag) -> Option<Self> {
        let bytes = image.bytes_at(image.value(table)?, limit::VERSIONS)?;
        let most = (bytes.len() / size_of::<Verneed<Le>>()) as u64;
        Some(Self {
            bytes,
            count: image.value(count).unwrap_or(u64::MAX).min(most),
        })
    }

    fn get<T: Pod>(&self, at: u64) -> Option<&T> {
        let bytes = self.bytes.get(usize::try_from(at).ok()?..)?;
        pod::from_bytes(bytes).ok().map(|(record, _)| record)
    }
}
