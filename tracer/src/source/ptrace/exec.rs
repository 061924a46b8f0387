//! A new program image, read before its first instruction.

use procfs::process::{MMPermissions, MMapPath, Process};
use vgputrace_ebpf::wire::Exec;
use vgputrace_ebpf::wire::head::{EXEC_PIECES, PIECE, What};
use vgputrace_ebpf::wire::path::{OF_CWD, OF_EXE};

use super::engine::Engine;
use super::plans::FilePlan;
use super::space::{Mapped, Space};
use super::stream::Stream;
use crate::event::{Seen, Why};
use crate::source::clock;
use crate::source::place::{namespace_of, reachable};
use crate::source::record::Body;
use crate::source::running::auxiliary;
use crate::sys::ptrace::{Resume, Stopped};

impl Engine {
    /// The stop of an exec: other threads are gone, and the one that executes has the number of the first.
    pub(super) fn executes(&mut self, stopped: Stopped) {
        let tgid = stopped.tid();
        let old = stopped.message().unwrap_or(tgid);
        let file = self.threads.get_mut(&old).and_then(|one| one.file.take());
        {
            let mut shared = self.link.lock();
            let threads = &self.threads;
            shared
                .in_flight
                .retain(|tid, _| threads.get(tid).is_none_or(|one| one.tgid != tgid));
        }
        self.threads.retain(|_, one| one.tgid != tgid);
        self.adopt_orphans(tgid);
        let compat = self.processes.get(&tgid).map_or(0, |one| one.compat);
        self.adopt(tgid, tgid, Space::of(tgid));
        if let Some(process) = self.processes.get_mut(&tgid) {
            process.compat = compat;
        }
        self.tell_image(tgid, old, file);
        self.plant_image(tgid);
        self.resume(stopped, Resume::Continue, 0);
    }

    fn tell_image(&mut self, tgid: u32, old: u32, file: Option<Vec<u8>>) {
        self.tell_path(tgid, OF_EXE, "exe");
        self.tell_path(tgid, OF_CWD, "cwd");
        let process = Process::new(tgid.cast_signed()).ok();
        let stat = process.as_ref().and_then(|one| one.stat().ok());
        let status = process.as_ref().and_then(|one| one.status().ok());
        let range = |ends: Option<(Option<u64>, Option<u64>)>| {
            let (start, end) = ends.unwrap_or_default();
            let start = start.unwrap_or(0);
            (start, end.unwrap_or(0).saturating_sub(start))
        };
        let argv = range(stat.as_ref().map(|one| (one.arg_start, one.arg_end)));
        let env = range(stat.as_ref().map(|one| (one.env_start, one.env_end)));
        let id = |of: fn(&procfs::process::Status) -> u32| status.as_ref().map_or(u32::MAX, of);
        let exec = Exec {
            old_tid: old,
            uid: id(|one| one.ruid),
            euid: id(|one| one.euid),
            gid: id(|one| one.rgid),
            egid: id(|one| one.egid),
            file: 0,
            argv_length: argv.1,
            env_length: env.1,
            mount_namespace: namespace_of(tgid).unwrap_or(0),
            zero: 0,
            auxv: auxiliary(tgid),
        };
        let name = match file {
            Some(mut name) => {
                name.pop();
                Seen::Yes(name)
            }
            None => Seen::No(Why::Fault),
        };
        self.tell(tgid, tgid, Body::Exec(Box::new(exec), name));
        let start = clock::boottime();
        for (what, (address, total)) in [(What::Argv, argv), (What::Environment, env)] {
            let stream = Stream {
                what,
                fd: -1,
                start,
                total,
                limit: u64::from(EXEC_PIECES) * PIECE as u64,
            };
            self.tell_stream(tgid, stream, &[(address, total)]);
        }
    }

    /// Watches what the kernel has mapped: the program and its loader.
    pub(super) fn plant_image(&mut self, tgid: u32) {
        let maps = Process::new(tgid.cast_signed()).and_then(|process| process.maps());
        for map in maps.into_iter().flatten() {
            let MMapPath::Path(path) = &map.pathname else {
                continue;
            };
            if !map.perms.contains(MMPermissions::EXECUTE) {
                continue;
            }
            let (start, end) = map.address;
            let place = (start, end.saturating_sub(start), map.offset);
            let name = path.to_string_lossy();
            if let Ok(file) = std::fs::File::open(reachable(tgid, &name)) {
                self.watch_mapping(tgid, file, &name, place);
            }
        }
    }

    /// Notes an executable mapping of a file (address, length, offset) and sets its breakpoints.
    pub(super) fn watch_mapping(
        &mut self,
        tgid: u32,
        file: std::fs::File,
        name: &str,
        (address, length, offset): (u64, u64, u64),
    ) {
        if self.is_whole() {
            return self.note_mapping(tgid, &file, (address, length, offset));
        }
        let found = {
            let mut shared = self.link.lock();
            let shared = &mut *shared;
            shared.plans.plan(file, name, shared.tracker.probes_mut())
        };
        if let (Some((file, plan)), Some(process)) = (found, self.processes.get(&tgid)) {
            let mapped = Mapped {
                length,
                offset,
                file,
            };
            let foreign = process.space.borrow_mut().map(address, mapped, &plan);
            self.link.lose(tgid, foreign);
        }
    }
}

impl Engine {
    /// Notes an executable mapping without breakpoints, so that its end is noticed.
    fn note_mapping(
        &self,
        tgid: u32,
        file: &std::fs::File,
        (address, length, offset): (u64, u64, u64),
    ) {
        use std::os::unix::fs::MetadataExt as _;
        let Ok(facts) = file.metadata() else { return };
        let mapped = Mapped {
            length,
            offset,
            file: (facts.dev(), facts.ino()),
        };
        if let Some(process) = self.processes.get(&tgid) {
            let nothing = FilePlan::default();
            process.space.borrow_mut().map(address, mapped, &nothing);
        }
    }
}
