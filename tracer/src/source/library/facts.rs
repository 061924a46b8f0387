//! The facts about a library file that explain a failed load on another machine.

use std::fs::Metadata;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use object::elf;

use super::identity::identify;
use super::image::{self, Image, LE};
use super::root::Located;
use super::table::{Strings, Table};
use super::versions::{Version, Versions};
use super::{Error, Problem, Root, limit};
use crate::event::library::Library;
use crate::event::{Seen, Text};

/// libc's loading functions. An object in front of libc that exports one of them answers in its place.
pub const INTERPOSED: [&str; 20] = [
    "access",
    "calloc",
    "dlerror",
    "dlmopen",
    "dlopen",
    "dlsym",
    "dlvsym",
    "fgets",
    "fopen",
    "fread",
    "free",
    "malloc",
    "mmap",
    "open",
    "open64",
    "openat",
    "posix_memalign",
    "read",
    "realloc",
    "stat",
];

/// How much to read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Detail {
    /// All but the undefined references.
    Plain,
    /// The undefined references too, for a library of interest.
    References,
}

/// Reads the facts. What could not be read is told in `problem`; nothing fails.
#[must_use]
pub fn facts(path: &Path, root: &Root, detail: Detail) -> Library {
    let mut library = Library {
        path: text(path),
        ..Library::default()
    };
    let located = match root.locate(path) {
        Ok(located) => located,
        Err(error) => {
            library.problem = Some(problem(&Problem::from(&error)));
            return library;
        }
    };
    stat(&mut library, &located.metadata);
    library.links = located.links.iter().map(|link| text(link)).collect();
    if let Err(found) = read(&mut library, &located, detail) {
        library.problem = Some(problem(&found));
    }
    library
}

/// A path as the bytes it is.
pub(super) fn text(path: &Path) -> Text {
    use std::os::unix::ffi::OsStrExt;
    Text::from_bytes(path.as_os_str().as_bytes())
}

/// Device and inode, `8:1:4711`.
pub(super) fn inode(metadata: &Metadata) -> Text {
    let device = metadata.dev();
    Text::from(format!(
        "{}:{}:{}",
        rustix::fs::major(device),
        rustix::fs::minor(device),
        metadata.ino()
    ))
}

fn problem(problem: &Problem) -> Text {
    Text::from(problem.to_string())
}

fn stat(library: &mut Library, metadata: &Metadata) {
    library.inode = Some(inode(metadata));
    library.size = Some(metadata.size());
    library.mtime = Some(metadata.mtime());
    library.mode = Some(metadata.mode() & 0o7777);
    library.owner = Some([metadata.uid(), metadata.gid()]);
}

fn read(library: &mut Library, located: &Located, detail: Detail) -> Result<(), Problem> {
    let file = image::open(located).map_err(|error| error.problem())?;
    let identity = identify(&file, located.metadata.len());
    library.bits = identity.bits;
    library.machine = identity.machine;
    let image = Image::read(file, located, identity).map_err(|error| error.problem())?;
    let cut = fill(library, &image, detail).map_err(|error| error.problem());
    // A truncated file is told as such, whatever else was missing because of it.
    match (image.truncation(), cut) {
        (Some(truncated), _) => Err(truncated),
        (None, Err(found)) => Err(found),
        (None, Ok(_)) if !image.is_dynamic() && image.has_place_for_dynamic() => {
            Err(Problem::ZeroDynamic)
        }
        (None, Ok(_)) if !image.is_dynamic() => Err(Problem::NoDynamic),
        (None, Ok(true)) => Err(Problem::Malformed(
            "a table is too large; its rest was left out",
        )),
        (None, Ok(false)) => Ok(()),
    }
}

/// True when something was left out.
fn fill(library: &mut Library, image: &Image, detail: Detail) -> Result<bool, Error> {
    let strings = Strings::dynamic(image);
    let name = |value: u64| {
        u32::try_from(value)
            .ok()
            .and_then(|at| strings.get(image, at))
    };
    library.build_id = build_id(image);
    library.soname = image.value(elf::DT_SONAME).and_then(name);
    library.needed = image
        .values(elf::DT_NEEDED)
        .take(limit::NEEDED)
        .filter_map(name)
        .collect();
    library.rpath = image.value(elf::DT_RPATH).and_then(name);
    library.runpath = image.value(elf::DT_RUNPATH).and_then(name);
    library.constructors = has_constructors(image);
    let versions = Versions::read(image, &strings);
    library.defines_versions.clone_from(&versions.defined);
    library.needs_versions = versions
        .needed
        .iter()
        .map(|need| [need.file.clone(), need.version.clone()])
        .collect();
    let table = Table::dynamic(image)?;
    library.interposes = interposes(&table);
    if detail == Detail::References {
        library.undefined = Some(undefined(&table));
    }
    Ok(table.cut || versions.cut || image.values(elf::DT_NEEDED).nth(limit::NEEDED).is_some())
}

fn has_constructors(image: &Image) -> bool {
    image
        .value(elf::DT_INIT)
        .is_some_and(|address| address != 0)
        || image
            .value(elf::DT_INIT_ARRAYSZ)
            .is_some_and(|size| size != 0)
}

/// The GNU build-id in hexadecimal.
pub(super) fn build_id(image: &Image) -> Option<Text> {
    image.segments(elf::PT_NOTE).find_map(|segment| {
        let size = segment.p_filesz.get(LE).min(limit::NOTES);
        let bytes = image.bytes(segment.p_offset.get(LE), size).ok()?;
        let align = if segment.p_align.get(LE) == 8 { 8 } else { 4 };
        build_id_in(&bytes, align)
    })
}

fn build_id_in(mut notes: &[u8], align: usize) -> Option<Text> {
    let word = |at: usize, bytes: &[u8]| {
        let four = bytes.get(at..at.checked_add(4)?)?;
        Some(u32::from_le_bytes(four.try_into().ok()?))
    };
    loop {
        let name_size = word(0, notes)? as usize;
        let size = word(4, notes)? as usize;
        let kind = word(8, notes)?;
        let start = 12_usize
            .checked_add(name_size)?
            .checked_next_multiple_of(align)?;
        let end = start.checked_add(size)?;
        let name = notes.get(12..12_usize.checked_add(name_size)?)?;
        let value = notes.get(start..end)?;
        if kind == elf::NT_GNU_BUILD_ID.0 && name == b"GNU\0" && value.len() <= 64 {
            let digits: String = value.iter().map(|byte| format!("{byte:02x}")).collect();
            return Some(Text::from(digits));
        }
        notes = notes.get(end.checked_next_multiple_of(align)?..)?;
    }
}

/// Which of libc's loading functions this object exports.
fn interposes(table: &Table<'_>) -> Vec<Text> {
    let mut found: Vec<Text> = table
        .iter()
        .filter(|symbol| symbol.defined && symbol.bind != elf::STB_LOCAL && !symbol.invisible)
        .filter_map(|symbol| std::str::from_utf8(symbol.name).ok())
        .filter(|name| INTERPOSED.contains(name))
        .map(Text::from)
        .collect();
    found.sort();
    found.dedup();
    found
}

/// Undefined references, `name` or `name@VERSION`, sorted; weak ones are left out.
fn undefined(table: &Table<'_>) -> Seen<Vec<Text>> {
    let mut found: Vec<Text> = table
        .iter()
        .filter(|symbol| {
            !symbol.defined && symbol.bind == elf::STB_GLOBAL && !symbol.name.is_empty()
        })
        .map(|symbol| {
            let index = symbol.version.unwrap_or(0) & 0x7fff;
            match table.versions.get(index) {
                Some(Version::Needed(need)) => versioned(symbol.name, &need.version),
                _ => Text::from_bytes(symbol.name),
            }
        })
        .collect();
    found.sort();
    found.dedup();
    let all = found.len();
    found.truncate(limit::UNDEFINED);
    if all > found.len() || table.cut {
        Seen::Cut(found, all as u64)
    } else {
        Seen::Yes(found)
    }
}

/// `name@VERSION`.
pub(super) fn versioned(name: &[u8], version: &Text) -> Text {
    let mut bytes = name.to_vec();
    bytes.push(b'@');
    bytes.extend_from_slice(&version.to_bytes());
    Text::from_bytes(&bytes)
}

#[cfg(test)]
mod tests;
