//! What only the running kernel can tell: the engine's own maps and programs are loaded, nothing stays behind.
//!
//! A function probe and a fanotify mark are tried on a memory file of this process that nobody else can map, so no other
//! process pays for them. Tracepoints are attached only for the measurement, which the user asks for.

use std::error::Error as _;
use std::os::fd::AsRawFd as _;
use std::path::Path;

use aya::Ebpf;
use aya::programs::uprobe::{UProbeAttachLocation, UProbeScope};
use nix::sys::fanotify::{EventFFlags, Fanotify, InitFlags, MarkFlags, MaskFlags};
use rustix::fs::{MemfdFlags, memfd_create};

use super::measure;
use crate::event::Text;
use crate::event::doctor::{Attempt, Cost, Kernel};
use crate::source::ebpf::{self, Error, load};

/// The ring of the attempt; a recording's is larger, see `Limits`.
const RING: load::Sizes = load::Sizes {
    ring: 64 << 10,
    wake: 32 << 10,
};
/// The name of the memory file, for whoever looks into /proc/PID/fd.
const NAME: &str = "vgputrace-doctor";
/// Smallest file that a probe can stand in: one page.
const PAGE: u64 = 4096;

/// Tries everything. The cost is measured only if it is wanted and recording works.
pub(super) fn all(settings: Kernel, wants_cost: bool) -> (Kernel, Option<Cost>) {
    let mut facts = Kernel {
        fanotify_hold: fanotify_hold(),
        ..settings
    };
    let kernel = match ebpf::kernel::Kernel::read() {
        Ok(kernel) => kernel,
        Err(error) => {
            facts.type_information = outcome(Err(error));
            return (facts, None);
        }
    };
    facts.type_information = Attempt::Done;
    let mut ebpf = match load::load_functions(&kernel, RING, false) {
        Ok(ebpf) => ebpf,
        Err(error) => {
            facts.programs = outcome(Err(error));
            return (facts, None);
        }
    };
    facts.programs = Attempt::Done;
    facts.tracepoints = outcome(tracepoints(&mut ebpf, &kernel));
    facts.function_probe = outcome(function_probe(&mut ebpf));
    // Programs that were loaded already cannot be loaded again: the measurement begins anew.
    drop(ebpf);
    let works = facts.tracepoints.is_done();
    let cost = (wants_cost && works)
        .then(|| measure::cost(&kernel, RING).ok())
        .flatten();
    (facts, cost)
}

fn tracepoints(ebpf: &mut Ebpf, kernel: &ebpf::kernel::Kernel) -> Result<(), Error> {
    let btf = load::type_information()?;
    for tracepoint in load::tracepoints(kernel) {
        load::load_tracepoint(ebpf, &btf, tracepoint)?;
    }
    Ok(())
}

fn function_probe(ebpf: &mut Ebpf) -> Result<(), Error> {
    const PROGRAM: &str = "on_enter";
    let file = memfd_create(NAME, MemfdFlags::CLOEXEC)
        .and_then(|file| rustix::fs::ftruncate(&file, PAGE).map(|()| file))
        .map_err(|source| Error::Denied {
            what: "a memory file to try a probe on".to_owned(),
            source: source.into(),
        })?;
    let path = format!("/proc/self/fd/{}", file.as_raw_fd());
    load::uprobe(ebpf, PROGRAM)?
        .attach(
            [UProbeAttachLocation::AbsoluteOffset(0)],
            Path::new(&path),
            UProbeScope::AllProcesses,
        )
        .map_err(|source| load::program_error(PROGRAM, "attached", source))?;
    Ok(())
}

fn fanotify_hold() -> Attempt {
    let flags = InitFlags::FAN_CLASS_CONTENT | InitFlags::FAN_CLOEXEC | InitFlags::FAN_NONBLOCK;
    let tried = Fanotify::init(flags, EventFFlags::O_RDONLY).and_then(|group| {
        let file = memfd_create(NAME, MemfdFlags::CLOEXEC)
            .map_err(|error| nix::errno::Errno::from_raw(error.raw_os_error()))?;
        let path = format!("/proc/self/fd/{}", file.as_raw_fd());
        group.mark(
            MarkFlags::FAN_MARK_ADD,
            MaskFlags::FAN_OPEN_PERM,
            rustix::fs::CWD,
            Some(path.as_str()),
        )
    });
    match tried {
        Ok(()) => Attempt::Done,
        Err(error @ (nix::errno::Errno::EPERM | nix::errno::Errno::EACCES)) => {
            Attempt::Refused(Text::from(error.desc()))
        }
        Err(error) => Attempt::Failed(Text::from(error.desc())),
    }
}

/// An engine's answer with its causes, in one line.
fn outcome(result: Result<(), Error>) -> Attempt {
    let Err(error) = result else {
        return Attempt::Done;
    };
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        let words = inner.to_string();
        if !text.contains(&words) {
            text.push_str(": ");
            text.push_str(&words);
        }
        cause = inner.source();
    }
    // A verifier's log is long; its beginning is enough to report.
    let line: String = text.replace('\n', " ").chars().take(600).collect();
    match error {
        Error::Denied { .. } => Attempt::Refused(Text::from(line)),
        _ => Attempt::Failed(Text::from(line)),
    }
}
