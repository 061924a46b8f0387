//! What the loader makes of a file that it found at a place where it looked (glibc, elf/dl-load.c, `open_verify`).

use std::fs;
use std::path::Path;

use super::identity::identify;
use super::image::open;
use super::root::Located;
use super::{Error, Problem, Root};

/// The loader's decision.
#[derive(Debug)]
pub enum Verdict {
    /// It maps this file. That may still fail: only the ELF header was looked at.
    Taken(Box<Located>),
    /// Nothing is there; it goes on.
    Absent,
    /// It passes the file over and goes on: unreadable, a link that leads nowhere, other class, other machine.
    PassedOver(Problem),
    /// It gives up with an error about this file: empty, not ELF, a folder.
    GivenUp(Problem),
}

/// Decides on one file. Permissions are those of the caller, not of the process that is explained.
#[must_use]
pub fn verify(path: &Path, root: &Root) -> Verdict {
    let located = match root.locate(path) {
        Ok(located) => located,
        Err(error) => {
            let link = fs::symlink_metadata(root.outside(path)).is_ok_and(|it| it.is_symlink());
            return match unreachable(&error) {
                Verdict::Absent if link => Verdict::PassedOver(Problem::LeadsNowhere),
                verdict => verdict,
            };
        }
    };
    let file = match open(&located) {
        Ok(file) => file,
        Err(Error::Io { source, .. }) => return unreachable(&source),
        Err(Error::File { problem, .. }) => return Verdict::GivenUp(problem),
    };
    let identity = identify(&file, located.metadata.len());
    match identity.header {
        Ok(_) => Verdict::Taken(Box::new(located)),
        // Another class is judged first, another machine after byte order and version.
        Err(problem @ (Problem::Bits32 | Problem::Machine(_))) => Verdict::PassedOver(problem),
        Err(problem @ Problem::Foreign) if identity.bits.is_none() => Verdict::PassedOver(problem),
        Err(problem) => Verdict::GivenUp(problem),
    }
}

/// ENOENT and ENOTDIR: nothing is there.
fn unreachable(error: &std::io::Error) -> Verdict {
    match error.raw_os_error() {
        Some(2 | 20) => Verdict::Absent,
        _ => Verdict::PassedOver(Problem::from(error)),
    }
}
