//! What is wrong with a file, and the errors of this module.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use crate::event::Errno;

/// Why a file is no shared object that this machine can load, in a few words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Problem {
    /// It could not be found, opened or read.
    Unreadable(Errno),
    /// A symbolic link whose target is not there.
    LeadsNowhere,
    /// A folder.
    Directory,
    /// A device, pipe or socket; it was not opened.
    Special,
    /// No bytes.
    Empty,
    /// Text that `ld` reads, such as `/usr/lib/x86_64-linux-gnu/libm.so` of a development package.
    LinkerScript,
    /// Zeros where the ELF header should be: the contents are gone, the length is not.
    Zeros,
    /// Other bytes.
    NotElf,
    /// It begins as ELF and ends before its headers do.
    Short,
    /// A 32-bit object.
    Bits32,
    /// Byte order, class, version or OS ABI that no x86-64 object of Linux has.
    Foreign,
    /// An object of another machine (ELF machine number).
    Machine(u16),
    /// An ELF file that is neither a shared object nor a program (ELF type number).
    Kind(u16),
    /// A segment reaches past the end of the file; mapping it kills the process with SIGBUS.
    Truncated {
        /// Bytes the segments need.
        needs: u64,
        /// Bytes the file has.
        has: u64,
    },
    /// It has no segment to load, or no dynamic section.
    NoDynamic,
    /// Zeros where its dynamic section should be.
    ZeroDynamic,
    /// A table points outside the file or is larger than the bounds of [`super::limit`].
    Malformed(&'static str),
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreadable(errno) => write!(f, "{errno}"),
            Self::LeadsNowhere => f.write_str("a link that leads nowhere"),
            Self::Directory => f.write_str("a directory"),
            Self::Special => f.write_str("not a regular file"),
            Self::Empty => f.write_str("empty file"),
            Self::LinkerScript => f.write_str("a linker script, not ELF"),
            Self::Zeros => f.write_str("zeros, not ELF"),
            Self::NotElf => f.write_str("not ELF"),
            Self::Short => f.write_str("file too short for its ELF header"),
            Self::Bits32 => f.write_str("32-bit ELF"),
            Self::Foreign => f.write_str("ELF of another class, byte order, version or OS ABI"),
            Self::Machine(number) => write!(f, "ELF of another machine ({})", machine(*number)),
            Self::Kind(number) => write!(f, "ELF type {number}, not a shared object"),
            Self::Truncated { needs, has } => {
                write!(
                    f,
                    "truncated: segments need {needs} bytes, the file has {has}"
                )
            }
            Self::NoDynamic => f.write_str("no dynamic section"),
            Self::ZeroDynamic => f.write_str("zeros where its dynamic section should be"),
            Self::Malformed(what) => write!(f, "malformed: {what}"),
        }
    }
}

/// The machines one meets by mistake; numbers of the ELF specification.
fn machine(number: u16) -> String {
    let name = match number {
        3 => "i386",
        8 => "MIPS",
        20 => "PowerPC",
        21 => "PowerPC64",
        22 => "S390",
        40 => "ARM",
        183 => "AArch64",
        190 => "CUDA",
        243 => "RISC-V",
        258 => "LoongArch",
        other => return other.to_string(),
    };
    format!("{number}, {name}")
}

impl From<&io::Error> for Problem {
    fn from(error: &io::Error) -> Self {
        // 5 is EIO: an error without a number comes from a short read.
        let number = error
            .raw_os_error()
            .and_then(|number| u16::try_from(number).ok());
        Self::Unreadable(Errno(number.unwrap_or(5)))
    }
}

/// A file could not be read as what was asked for.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A system call failed.
    #[error("{call} {}", path.display())]
    Io {
        /// The call.
        call: &'static str,
        /// The file.
        path: PathBuf,
        /// Its error.
        source: io::Error,
    },
    /// The file is not what it should be.
    #[error("{}: {problem}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What it is instead.
        problem: Problem,
    },
}

impl Error {
    pub(super) fn file(path: &Path, problem: Problem) -> Self {
        Self::File {
            path: path.to_owned(),
            problem,
        }
    }

    pub(super) fn io(call: &'static str, path: &Path, source: io::Error) -> Self {
        Self::Io {
            call,
            path: path.to_owned(),
            source,
        }
    }

    /// What is wrong with the file.
    #[must_use]
    pub fn problem(&self) -> Problem {
        match self {
            Self::Io { source, .. } => Problem::from(source),
            Self::File { problem, .. } => problem.clone(),
        }
    }
}
