//! Limits of this process, its control group and the current folder, and what a recording takes of them.

use std::path::Path;

use rustix::fs::{Access, AtFlags};
use rustix::process::{Resource, getrlimit};

use super::library_tree::text;
use crate::event::doctor::Limits;
use crate::source::ebpf::load::Sizes;
use crate::source::host::{below, line, small};
use crate::source::library::Root;
use crate::source::library::candidates::{Start, candidates};

/// Tracepoints of the engine, see `ebpf::load::tracepoints`.
const TRACEPOINTS: u64 = 7;

/// Reads them. `program` is the Ollama whose files would be probed.
pub(super) fn read(root: &Path, cwd: &Path, program: Option<&Path>, library: &Root) -> Limits {
    let files = getrlimit(Resource::Nofile);
    let outside = below(root, &cwd.to_string_lossy());
    let [group_memory, group_memory_used] = memory(root);
    Limits {
        open_files: [files.current, files.maximum],
        files_to_probe: program.map(|program| {
            let start = Start {
                cwd: cwd.to_owned(),
                ..Start::default()
            };
            candidates(program, &start, library).list.len() as u64
        }),
        ring: u64::from(Sizes::default().ring),
        tracepoints: TRACEPOINTS,
        group_memory,
        group_memory_used,
        folder: text(cwd),
        folder_free: rustix::fs::statvfs(&outside)
            .ok()
            .map(|facts| facts.f_bavail.saturating_mul(facts.f_frsize)),
        folder_writable: rustix::fs::accessat(
            rustix::fs::CWD,
            &outside,
            Access::WRITE_OK | Access::EXEC_OK,
            AtFlags::EACCESS,
        )
        .is_ok(),
    }
}

/// Limit and use of the nearest control group (version 2) with a limit of its own.
fn memory(root: &Path) -> [Option<u64>; 2] {
    let groups = small(&below(root, "/proc/self/cgroup")).unwrap_or_default();
    let groups = String::from_utf8_lossy(&groups);
    let Some(path) = groups.lines().find_map(|line| line.strip_prefix("0::/")) else {
        return [None; 2];
    };
    // `..` stands for a group outside of this namespace.
    if path.split('/').any(|part| part == "..") {
        return [None; 2];
    }
    for group in Path::new(path).ancestors() {
        let folder = below(root, "/sys/fs/cgroup").join(group);
        let number = |name: &str| {
            let line = line(&folder.join(name))?;
            std::str::from_utf8(&line).ok()?.parse().ok()
        };
        if let Some(limit) = number("memory.max") {
            return [Some(limit), number("memory.current")];
        }
    }
    [None; 2]
}
