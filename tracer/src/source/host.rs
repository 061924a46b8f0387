//! Facts about the machine: kernel, C library, memory, GPUs, device nodes, kernel modules.
//!
//! Input: a root folder (`/`, or a made-up tree in tests). Output: [`event::host`](crate::event::host) values.
//! What cannot be read is absent, never an error: a recording must start on any machine. Every read is bounded,
//! nothing is executed, no device is opened.

mod kernel;
mod libc;
mod nodes;
mod pci;

use std::fs::{File, OpenOptions};
use std::io::Read as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use rustix::fs::OFlags;
use rustix::time::{ClockId, Timespec, clock_gettime};

use super::library::Root;
use super::place::{Place, place_of};
use crate::event::host::{Clock, Host, RootFacts};
use crate::event::{Hex, Text};

/// The largest small file of /proc and /sys that is looked at, in bytes.
const SMALL: u64 = 64 * 1024;

/// All facts about the machine below `root`.
#[must_use]
pub fn read(root: &Path) -> Host {
    let gpus = pci::gpus(root);
    Host {
        kernel: kernel::release(root),
        arch: Text::from(std::env::consts::ARCH),
        os: kernel::distribution(root),
        libc: libc::version(root),
        cpus: kernel::processors(root),
        memory: kernel::memory(root),
        pci_unseen: gpus.is_none(),
        gpus: gpus.unwrap_or_default(),
        nodes: nodes::read(root),
        modules: kernel::modules(root),
        nvidia: kernel::nvidia(root),
    }
}

/// The same as a living process sees it: distribution, C library and device nodes are those of its root. A container has its
/// own, whatever the machine has.
#[must_use]
pub fn of_process(tgid: u32) -> Host {
    let own = read(Path::new("/"));
    if place_of(tgid) == Place::default() {
        return own;
    }
    let root = of_root(0, &PathBuf::from(format!("/proc/{tgid}/root")));
    Host {
        os: root.os,
        libc: root.libc,
        nodes: root.nodes,
        ..own
    }
}

/// What belongs to the root of a mount namespace, which can be opened as `root`.
#[must_use]
pub fn of_root(mount_namespace: u32, root: &Path) -> RootFacts {
    RootFacts {
        mount_namespace,
        os: kernel::distribution(root),
        libc: libc::version(root),
        nodes: nodes::read(root),
    }
}

/// CLOCK_BOOTTIME and CLOCK_REALTIME at one moment, in nanoseconds. BOOTTIME is read before and after and its
/// middle is taken, so that a pause in between shifts the pair by half of it at most.
#[must_use]
pub fn clock() -> Clock {
    let before = nanos(clock_gettime(ClockId::Boottime));
    let wall = nanos(clock_gettime(ClockId::Realtime));
    let after = nanos(clock_gettime(ClockId::Boottime));
    Clock {
        boot: Hex(before + after.saturating_sub(before) / 2),
        wall: Hex(wall),
    }
}

fn nanos(time: Timespec) -> u64 {
    let seconds = u64::try_from(time.tv_sec).unwrap_or(0);
    let rest = u64::try_from(time.tv_nsec).unwrap_or(0);
    seconds.saturating_mul(1_000_000_000).saturating_add(rest)
}

/// `path` (absolute) below `root`. Below another root than `/` its links are followed here, so that none leads out; the
/// path is empty, and cannot be opened, when nothing is there.
pub(super) fn below(root: &Path, path: &str) -> PathBuf {
    if root == Path::new("/") {
        return PathBuf::from(path);
    }
    Root::new(root)
        .locate(Path::new(path))
        .map(|located| located.host)
        .unwrap_or_default()
}

/// Opens for reading without ever waiting: a FIFO in the place of a file must not stop a recording.
fn open(path: &Path) -> Option<File> {
    OpenOptions::new()
        .read(true)
        .custom_flags(OFlags::NONBLOCK.bits().cast_signed())
        .open(path)
        .ok()
}

/// The first [`SMALL`] bytes of a file.
pub(super) fn small(path: &Path) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    open(path)?.take(SMALL).read_to_end(&mut bytes).ok()?;
    Some(bytes)
}

/// The first line of a file without blanks around it; nothing for an empty one.
pub(super) fn line(path: &Path) -> Option<Vec<u8>> {
    let bytes = small(path)?;
    let first = bytes.split(|byte| *byte == b'\n').next()?.trim_ascii();
    (!first.is_empty()).then(|| first.to_vec())
}

#[cfg(test)]
mod tests;
