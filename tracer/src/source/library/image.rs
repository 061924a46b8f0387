//! An opened x86-64 ELF file: bounded reads, segments, the dynamic section, and file offset against address.
//!
//! Everything is found the way the dynamic loader finds it, through program headers and the dynamic section; section
//! headers are asked only for `.symtab`, which the loader does not know.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use object::elf::{
    self, DynamicTag, FileHeader64, PF_X, PT_DYNAMIC, PT_INTERP, PT_LOAD, ProgramHeader64,
    ProgramType,
};
use object::pod;

use super::identity::{Identity, identify};
use super::root::Located;
use super::{Error, Problem, Root, limit};
use crate::event::Text;

/// All objects read here are little-endian.
pub(super) const LE: object::LittleEndian = object::LittleEndian;
/// A structure of an x86-64 object.
pub(super) type Le = object::LittleEndian;

/// An x86-64 ELF file that can be read piece by piece.
#[derive(Debug)]
pub struct Image {
    file: File,
    path: PathBuf,
    length: u64,
    pub(super) header: FileHeader64<Le>,
    segments: Vec<ProgramHeader64<Le>>,
    dynamic: Vec<(DynamicTag, u64)>,
}

impl Image {
    /// Opens the file that `path` leads to inside `root`.
    ///
    /// # Errors
    /// [`Error::Io`] when it cannot be opened, [`Error::File`] when it is no x86-64 ELF file.
    pub fn open(path: &Path, root: &Root) -> Result<Self, Error> {
        let located = root
            .locate(path)
            .map_err(|source| Error::io("lstat", path, source))?;
        let file = open(&located)?;
        let identity = identify(&file, located.metadata.len());
        Self::read(file, &located, identity)
    }

    /// Reads a file that is open already, without opening any.
    ///
    /// # Errors
    /// As [`Self::open`].
    pub fn of_file(file: File) -> Result<Self, Error> {
        let path = PathBuf::from("an open file");
        let metadata = file
            .metadata()
            .map_err(|source| Error::io("fstat", &path, source))?;
        let identity = identify(&file, metadata.len());
        let located = Located {
            file: path.clone(),
            host: path,
            links: Vec::new(),
            metadata,
        };
        Self::read(file, &located, identity)
    }

    /// Reads headers and dynamic section of a file that was opened and identified.
    pub(super) fn read(file: File, located: &Located, identity: Identity) -> Result<Self, Error> {
        let path = located.file.clone();
        let header = identity
            .header
            .map_err(|problem| Error::file(&path, problem))?;
        let length = file
            .metadata()
            .map_err(|source| Error::io("fstat", &path, source))?
            .len();
        let mut image = Self {
            file,
            path,
            length,
            header,
            segments: Vec::new(),
            dynamic: Vec::new(),
        };
        image.segments = image.read_segments()?;
        image.dynamic = image
            .read_dynamic()
            .map_err(|error| match image.truncation() {
                Some(truncated) => Error::file(&image.path, truncated),
                None => error,
            })?;
        Ok(image)
    }

    fn read_segments(&self) -> Result<Vec<ProgramHeader64<Le>>, Error> {
        let count = self.header.e_phnum.get(LE);
        if count > limit::SEGMENTS
            || usize::from(self.header.e_phentsize.get(LE)) != size_of::<ProgramHeader64<Le>>()
        {
            return Err(self.malformed("program headers"));
        }
        self.structures(
            self.header.e_phoff.get(LE),
            usize::from(count),
            "program headers",
        )
    }

    fn read_dynamic(&self) -> Result<Vec<(DynamicTag, u64)>, Error> {
        let Some(segment) = self.segment(PT_DYNAMIC) else {
            return Ok(Vec::new());
        };
        let entry = size_of::<elf::Dyn64<Le>>() as u64;
        let count = (segment.p_filesz.get(LE) / entry).min(limit::DYNAMIC);
        let entries: Vec<elf::Dyn64<Le>> =
            self.structures(segment.p_offset.get(LE), count as usize, "dynamic section")?;
        Ok(entries
            .iter()
            .map(|entry| (entry.d_tag.get(LE), entry.d_val.get(LE)))
            .take_while(|(tag, _)| *tag != elf::DT_NULL)
            .collect())
    }

    /// The file, absolute inside its root, without links.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Length of the file in bytes.
    #[must_use]
    pub fn length(&self) -> u64 {
        self.length
    }

    /// A segment that reaches past the end of the file.
    #[must_use]
    pub fn truncation(&self) -> Option<Problem> {
        let ends = self
            .loads()
            .filter(|segment| segment.p_filesz.get(LE) > 0)
            .map(|segment| {
                segment
                    .p_offset
                    .get(LE)
                    .saturating_add(segment.p_filesz.get(LE))
            });
        let needs = ends.max()?;
        (needs > self.length).then_some(Problem::Truncated {
            needs,
            has: self.length,
        })
    }

    /// The program's interpreter (PT_INTERP).
    #[must_use]
    pub fn interpreter(&self) -> Option<Text> {
        let segment = self.segment(PT_INTERP)?;
        let length = segment.p_filesz.get(LE).min(limit::NAME);
        let bytes = self.bytes(segment.p_offset.get(LE), length).ok()?;
        Some(Text::from_bytes(until_nul(&bytes)))
    }

    /// The first segment of a type.
    pub(super) fn segment(&self, kind: ProgramType) -> Option<&ProgramHeader64<Le>> {
        self.segments
            .iter()
            .find(|segment| segment.p_type.get(LE) == kind)
    }

    /// All segments of a type.
    pub(super) fn segments(
        &self,
        kind: ProgramType,
    ) -> impl Iterator<Item = &ProgramHeader64<Le>> + '_ {
        self.segments
            .iter()
            .filter(move |segment| segment.p_type.get(LE) == kind)
    }

    fn loads(&self) -> impl Iterator<Item = &ProgramHeader64<Le>> + '_ {
        self.segments(PT_LOAD)
    }

    /// The first value of a tag in the dynamic section.
    pub(super) fn value(&self, tag: DynamicTag) -> Option<u64> {
        self.values(tag).next()
    }

    /// All values of a tag in the dynamic section, in order.
    pub(super) fn values(&self, tag: DynamicTag) -> impl Iterator<Item = u64> + '_ {
        self.dynamic
            .iter()
            .filter(move |(found, _)| *found == tag)
            .map(|(_, value)| *value)
    }

    /// It has a dynamic section.
    #[must_use]
    pub fn is_dynamic(&self) -> bool {
        !self.dynamic.is_empty()
    }

    /// Its program headers have a dynamic section, which then is empty: the first entry is the end (DT_NULL, zero).
    #[must_use]
    pub fn has_place_for_dynamic(&self) -> bool {
        self.segment(PT_DYNAMIC).is_some()
    }

    /// The file offset of an address, when bytes of the file stand there.
    #[must_use]
    pub fn offset_of(&self, address: u64) -> Option<u64> {
        self.place(address).map(|(offset, _)| offset)
    }

    /// File offset of an address and how many bytes of its segment follow from there.
    pub(super) fn place(&self, address: u64) -> Option<(u64, u64)> {
        self.loads().find_map(|segment| {
            let into = address.checked_sub(segment.p_vaddr.get(LE))?;
            let left = segment.p_filesz.get(LE).checked_sub(into)?;
            (left > 0).then_some((segment.p_offset.get(LE).checked_add(into)?, left))
        })
    }

    /// The address of a file offset; where two segments share it, that of the executable one.
    #[must_use]
    pub fn address_of(&self, offset: u64) -> Option<u64> {
        let found = |segment: &ProgramHeader64<Le>| {
            let into = offset.checked_sub(segment.p_offset.get(LE))?;
            (into < segment.p_filesz.get(LE))
                .then(|| segment.p_vaddr.get(LE).checked_add(into))
                .flatten()
        };
        let mut executable = self.loads().filter(|segment| is_executable(segment));
        executable
            .find_map(found)
            .or_else(|| self.loads().find_map(found))
    }

    /// Lowest and highest address of its segments.
    #[must_use]
    pub fn span(&self) -> (u64, u64) {
        let low = self
            .loads()
            .map(|segment| segment.p_vaddr.get(LE))
            .min()
            .unwrap_or(0);
        let high = self
            .loads()
            .map(|segment| {
                segment
                    .p_vaddr
                    .get(LE)
                    .saturating_add(segment.p_memsz.get(LE))
            })
            .max();
        (low, high.unwrap_or(low))
    }

    /// The address of its program headers, as the kernel hands it over in AT_PHDR (less the load address).
    #[must_use]
    pub fn headers_address(&self) -> Option<u64> {
        self.address_of(self.header.e_phoff.get(LE))
    }

    /// The address stands in an executable segment.
    #[must_use]
    pub fn is_text(&self, address: u64) -> bool {
        self.loads().any(|segment| {
            is_executable(segment)
                && address
                    .checked_sub(segment.p_vaddr.get(LE))
                    .is_some_and(|into| into < segment.p_filesz.get(LE))
        })
    }

    /// File offsets at which the bytes of its executable segments end; not of those that are writable too.
    #[must_use]
    pub fn text_ends(&self) -> Vec<u64> {
        let text = self.loads().filter(|segment| {
            is_executable(segment) && segment.p_flags.get(LE).0 & elf::PF_W.0 == 0
        });
        text.filter_map(|segment| {
            let start = segment.p_offset.get(LE);
            start.checked_add(segment.p_filesz.get(LE))
        })
        .collect()
    }

    /// The load bias of an executable mapping: what to subtract from a run-time address to get the file's own.
    ///
    /// `mapped` is the first address of a mapping and `offset` its offset in the file, as in `/proc/PID/maps`; the
    /// mapping begins at the page of its segment, which may be before the segment itself.
    #[must_use]
    pub fn bias(&self, mapped: u64, offset: u64) -> Option<u64> {
        const PAGE: u64 = 4096;
        let bias = |segment: &ProgramHeader64<Le>| {
            let start = segment.p_offset.get(LE);
            let end = start.checked_add(segment.p_filesz.get(LE))?;
            (offset >= start & !(PAGE - 1) && offset < end).then(|| {
                let address = segment
                    .p_vaddr
                    .get(LE)
                    .wrapping_sub(start)
                    .wrapping_add(offset);
                mapped.wrapping_sub(address)
            })
        };
        let mut executable = self.loads().filter(|segment| is_executable(segment));
        executable
            .find_map(bias)
            .or_else(|| self.loads().find_map(bias))
    }

    /// Reads exactly this range of the file.
    pub(super) fn bytes(&self, offset: u64, length: u64) -> Result<Vec<u8>, Error> {
        let inside = offset
            .checked_add(length)
            .is_some_and(|end| end <= self.length);
        if !inside || length > limit::TABLE {
            return Err(self.malformed("a table outside the file or too large"));
        }
        let mut bytes = vec![0; length as usize];
        self.file
            .read_exact_at(&mut bytes, offset)
            .map_err(|source| Error::io("pread", &self.path, source))?;
        Ok(bytes)
    }

    /// Reads from an address on: `wanted` bytes, or fewer where the segment or file ends.
    #[must_use]
    pub fn bytes_at(&self, address: u64, wanted: u64) -> Option<Vec<u8>> {
        let (offset, left) = self.place(address)?;
        let length = wanted.min(left).min(self.length.checked_sub(offset)?);
        self.bytes(offset, length).ok()
    }

    /// Reads `count` structures.
    pub(super) fn structures<T: pod::Pod>(
        &self,
        offset: u64,
        count: usize,
        what: &'static str,
    ) -> Result<Vec<T>, Error> {
        let length = (count as u64).saturating_mul(size_of::<T>() as u64);
        let inside = offset
            .checked_add(length)
            .is_some_and(|end| end <= self.length);
        if !inside || length > limit::TABLE {
            return Err(self.malformed(what));
        }
        let bytes = self.bytes(offset, length)?;
        let (structures, _) =
            pod::slice_from_bytes::<T>(&bytes, count).map_err(|()| self.malformed(what))?;
        Ok(structures.to_vec())
    }

    pub(super) fn malformed(&self, what: &'static str) -> Error {
        Error::file(&self.path, Problem::Malformed(what))
    }
}

fn is_executable(segment: &ProgramHeader64<Le>) -> bool {
    segment.p_flags.get(LE).0 & PF_X.0 != 0
}

/// Opens a located file, telling a folder from a device.
pub(super) fn open(located: &Located) -> Result<File, Error> {
    if located.metadata.is_dir() {
        return Err(Error::file(&located.file, Problem::Directory));
    }
    if !located.metadata.is_file() {
        return Err(Error::file(&located.file, Problem::Special));
    }
    located
        .open()
        .map_err(|source| Error::io("open", &located.file, source))
}

/// The bytes before the first NUL.
pub(super) fn until_nul(bytes: &[u8]) -> &[u8] {
    bytes.split(|byte| *byte == 0).next().unwrap_or_default()
}
