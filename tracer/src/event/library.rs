//! Libraries: mappings, and the facts about a file that explain a failed load on another machine.

use serde::{Deserialize, Serialize};

use super::{Errno, Hex, Seen, Seq, Text};

/// An executable mapping of a file (mmap with PROT_EXEC), or the attempt.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Map {
    /// The kernel's own path, absolute in its mount namespace.
    pub path: Seen<Text>,
    /// Device and inode, `8:1:4711`.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub inode: Option<Text>,
    /// First address, on success.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub address: Option<Hex>,
    /// Length in bytes.
    pub length: Hex,
    /// Offset in the file.
    pub offset: Hex,
    /// The error.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub err: Option<Errno>,
    /// It was there already when the recording began.
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub already: bool,
}

/// munmap of an executable mapping of a file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Unmap {
    /// The path it was mapped under.
    pub path: Seen<Text>,
    /// First address.
    pub address: Hex,
}

/// Facts about a library file, read once, when it was first mapped, opened or named in a failed load.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Library {
    /// Absolute path that was read.
    pub path: Text,
    /// Device and inode, as `stat` gives them.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub inode: Option<Text>,
    /// Size in bytes.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub size: Option<u64>,
    /// Last change, seconds since 1970.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub mtime: Option<i64>,
    /// Permission bits.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub mode: Option<u32>,
    /// Owner: user and group id.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub owner: Option<[u32; 2]>,
    /// Links followed from `path` to the file, in order.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub links: Vec<Text>,
    /// What the file is, when it is no shared object of this machine, in a few words.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub problem: Option<Text>,
    /// ELF class, 32 or 64.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub bits: Option<u8>,
    /// ELF machine number (62 is x86-64).
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub machine: Option<u16>,
    /// GNU build-id, hexadecimal.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub build_id: Option<Text>,
    /// DT_SONAME.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub soname: Option<Text>,
    /// DT_NEEDED, in order.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub needed: Vec<Text>,
    /// DT_RPATH.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub rpath: Option<Text>,
    /// DT_RUNPATH.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub runpath: Option<Text>,
    /// Symbol versions defined here.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub defines_versions: Vec<Text>,
    /// Symbol versions needed: file and version.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub needs_versions: Vec<[Text; 2]>,
    /// It has a static constructor (DT_INIT or DT_INIT_ARRAY).
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub constructors: bool,
    /// Names of libc's loading functions that this file itself exports (`dlopen`, `dlsym`, ...).
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub interposes: Vec<Text>,
    /// Undefined references, `name` or `name@VERSION`; weak ones are left out. Only for libraries of interest.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub undefined: Option<Seen<Vec<Text>>>,
    /// For a failed load: who provides what.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub closure: Option<Closure>,
}

/// The static closure of a failed load, over the files that the loader would really pick in that process.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Closure {
    /// The loader error this belongs to; the call, where the loader said nothing.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub error: Option<Seq>,
    /// Each needed object in loading order.
    pub objects: Vec<Resolved>,
    /// References nothing provides: `name`, `name@VERSION`.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub missing_symbols: Vec<Text>,
    /// Versions nothing provides: object that needs, file, version.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub missing_versions: Vec<[Text; 3]>,
}

/// How one needed object was found, or not.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Resolved {
    /// The name asked for.
    pub name: Text,
    /// The object whose DT_NEEDED asks.
    pub by: Text,
    /// The file that answers; absent when none does.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub file: Option<Text>,
    /// Why that place was searched: `loaded`, `rpath`, `LD_LIBRARY_PATH`, `runpath`, `cache`, `default`, `path`.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub via: Option<Text>,
    /// Every place that was tried before, with why it was passed over.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub tried: Vec<Tried>,
}

impl Resolved {
    /// Where among `tried` the loader read its cache and found nothing: before the default folders, which come last
    /// (elf/dl-load.c). A file that the cache names is among them itself.
    #[must_use]
    pub fn passed_cache(&self) -> Option<usize> {
        let of = |wanted: &str| self.tried.iter().position(|one| one.via.as_str() == wanted);
        of("default").filter(|_| self.file.is_none() && of("cache").is_none())
    }
}

/// One place where an object was looked for in vain.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Tried {
    /// The file.
    pub file: Text,
    /// Why that place was searched.
    pub via: Text,
    /// Why it was not taken; absent when nothing is there.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub problem: Option<Text>,
    /// Why there is no folder to look in: ENOENT, or ENOTDIR where it is a file. Told of a library that is nowhere.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub folder: Option<Errno>,
}

impl Tried {
    /// Why there is no folder to look in, in a few words.
    #[must_use]
    pub fn no_folder(&self) -> Option<&'static str> {
        match self.folder?.0 {
            20 => Some("that is a file, and no folder"),
            _ => Some("there is no such folder"),
        }
    }

    /// Why it was not taken, in a few words.
    #[must_use]
    pub fn why(&self) -> &str {
        match (&self.problem, self.no_folder()) {
            (Some(problem), _) => problem.as_str(),
            (None, Some(no_folder)) => no_folder,
            (None, None) => "not there",
        }
    }
}

/// A library that was not known before and got its probes after it had been mapped: its first calls may be missing.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LateLibrary {
    /// The file.
    pub path: Text,
    /// How many functions are probed from now on.
    pub functions: u32,
}
