//! Bounds on what one file can make this module read or keep.
//!
//! The largest real libraries (CUDA backends, 1.6 GB) stay far below all of them.

/// Bytes of one table: symbols, names, relocations.
pub const TABLE: u64 = 64 << 20;
/// Bytes of a name; a longer one is cut here.
pub const NAME: u64 = 4096;
/// A string table up to this size is read at once, a larger one name by name where few are wanted.
pub const SMALL_STRINGS: u64 = 256 << 10;
/// Program headers.
pub const SEGMENTS: u16 = 512;
/// Section headers.
pub const SECTIONS: u32 = 65_536;
/// Entries of the dynamic section.
pub const DYNAMIC: u64 = 65_536;
/// `DT_NEEDED` entries.
pub const NEEDED: usize = 1024;
/// Bytes of the tables of version definitions and of version needs, each.
pub const VERSIONS: u64 = 256 << 10;
/// Bytes of a note segment.
pub const NOTES: u64 = 64 << 10;
/// Undefined references in the facts of one file.
pub const UNDEFINED: usize = 20_000;
/// Bytes of a function that is decoded.
pub const FUNCTION: u64 = 1 << 20;
/// Bytes of relocations that are read through for one table of constructors.
pub const RELOCATIONS: u64 = 8 << 20;
/// Links followed for one path; the kernel allows 40.
pub const LINKS: usize = 40;
/// Bytes of the loader's cache.
pub const CACHE: u64 = 32 << 20;
/// Objects in one closure.
pub const OBJECTS: usize = 1024;
/// References checked in one closure.
pub const REFERENCES: usize = 1 << 20;
/// Folders in one search list.
pub const FOLDERS: usize = 256;
/// Entries read of one folder when candidates are looked for.
pub const ENTRIES: usize = 10_000;
/// Candidates to probe.
pub const CANDIDATES: usize = 4000;
