//! One running process from /proc, as records of an exec that has just happened, and its executable mappings.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

use procfs::process::{MMPermissions, MMapPath, Process};
use vgputrace_ebpf::wire::head::{EXEC_PIECES, PIECE, What};
use vgputrace_ebpf::wire::path::{OF_CWD, OF_EXE};
use vgputrace_ebpf::wire::process::AUXV_WORDS;
use vgputrace_ebpf::wire::{Data, Exec, PathHead};

use crate::event::{Seen, Why};
use crate::source::clock;
use crate::source::place::namespace_of;
use crate::source::record::{Body, Bytes, Record};
use crate::source::tracker::{Already, Region};

/// What a deleted file's name ends with in /proc.
const DELETED: &[u8] = b" (deleted)";
/// Mappings of one process at most.
const MOST: usize = 65_536;

/// Everything that is known of a running process; `None` when it is gone or a kernel thread.
#[must_use]
pub fn snapshot(pid: u32) -> Option<Already> {
    let process = Process::new(pid.cast_signed()).ok()?;
    let stat = process.stat().ok()?;
    // A kernel thread has no memory of its own; a zombie has none any more.
    if stat.vsize == 0 {
        return None;
    }
    let time = clock::boottime();
    Some(Already {
        tgid: pid,
        parent: u32::try_from(stat.ppid).ok(),
        time,
        image: image(pid, &process, time),
        cgroup: super::group::of_process(pid),
        maps: regions(pid),
        open: super::descriptor::all(pid),
    })
}

/// The executable mappings of files of a process; none when they may not be read.
#[must_use]
pub fn regions(pid: u32) -> Vec<Region> {
    let maps = Process::new(pid.cast_signed()).and_then(|process| process.maps());
    let maps = maps.into_iter().flatten().take(MOST);
    maps.filter_map(|map| {
        let MMapPath::Path(path) = &map.pathname else {
            return None;
        };
        if !map.perms.contains(MMPermissions::EXECUTE) {
            return None;
        }
        let (start, end) = map.address;
        let (major, minor) = map.dev;
        Some(Region {
            path: path.to_string_lossy().into_owned(),
            inode: format!("{major}:{minor}:{}", map.inode),
            address: start,
            length: end.saturating_sub(start),
            offset: map.offset,
        })
    })
    .collect()
}

fn image(pid: u32, process: &Process, time: u64) -> Vec<Record> {
    let record = |body| Record {
        tgid: pid,
        tid: pid,
        time,
        body,
    };
    let argv = bytes(pid, "cmdline");
    let env = bytes(pid, "environ");
    let status = process.status().ok();
    let id = |of: fn(&procfs::process::Status) -> u32| status.as_ref().map_or(u32::MAX, of);
    // Bytes that could not be read are said to be there: an empty environment is another thing.
    let length = |bytes: &Bytes| bytes.value().map_or(1, |bytes| bytes.len() as u64);
    let exec = Exec {
        old_tid: pid,
        uid: id(|one| one.ruid),
        euid: id(|one| one.euid),
        gid: id(|one| one.rgid),
        egid: id(|one| one.egid),
        file: 0,
        argv_length: length(&argv),
        env_length: length(&env),
        mount_namespace: namespace_of(pid).unwrap_or(0),
        zero: 0,
        auxv: auxiliary(pid),
    };
    let exe = link(pid, "exe");
    let name = exe.clone();
    vec![
        record(path(pid, OF_EXE, "exe", exe)),
        record(path(pid, OF_CWD, "cwd", link(pid, "cwd"))),
        record(Body::Exec(Box::new(exec), name)),
        record(data(What::Argv, &argv, time)),
        record(data(What::Environment, &env, time)),
    ]
}

fn path(pid: u32, of: u32, name: &str, path: Bytes) -> Body {
    use std::os::unix::fs::MetadataExt as _;
    let facts = std::fs::metadata(format!("/proc/{pid}/{name}")).ok();
    let device = facts.as_ref().map_or(0, |facts| facts.dev());
    let (major, minor) = (rustix::fs::major(device), rustix::fs::minor(device));
    let head = PathHead {
        of,
        length: 0,
        device: major << 20 | minor,
        mode: facts.as_ref().map_or(0, |facts| facts.mode()),
        inode: facts.as_ref().map_or(0, |facts| facts.ino()),
        state: 0,
        zero: 0,
    };
    Body::Path(head, path)
}

fn data(what: What, bytes: &Bytes, time: u64) -> Body {
    const EFAULT: i32 = -14;
    let most = EXEC_PIECES as usize * PIECE;
    let piece = bytes
        .value()
        .map(|bytes| bytes.get(..most).unwrap_or(bytes).to_vec());
    let length = piece
        .as_ref()
        .map_or(EFAULT, |piece| i32::try_from(piece.len()).unwrap_or(EFAULT));
    let data = Data {
        what: what as u32,
        fd: -1,
        offset: 0,
        length,
        total: bytes.value().map_or(1, |bytes| bytes.len() as u64),
        start: time,
        address: 0,
        wanted: u32::try_from(length).unwrap_or(1),
        zero: 0,
    };
    Body::Data(what, data, piece)
}

/// A file of the process's folder. Somebody else's environment may not be read without rights.
fn bytes(pid: u32, name: &str) -> Bytes {
    match std::fs::read(format!("/proc/{pid}/{name}")) {
        Ok(bytes) => Seen::Yes(bytes),
        Err(error) => Seen::No(why(&error)),
    }
}

fn link(pid: u32, name: &str) -> Bytes {
    match std::fs::read_link(format!("/proc/{pid}/{name}")) {
        Ok(path) => Seen::Yes(existing(&path).to_vec()),
        Err(error) => Seen::No(why(&error)),
    }
}

/// The name that a file had before it was replaced.
fn existing(path: &Path) -> &[u8] {
    let bytes = OsStr::as_bytes(path.as_os_str());
    bytes.strip_suffix(DELETED).unwrap_or(bytes)
}

fn why(error: &std::io::Error) -> Why {
    match error.kind() {
        std::io::ErrorKind::NotFound => Why::Gone,
        _ if error.raw_os_error() == Some(3) => Why::Gone,
        _ => Why::Fault,
    }
}

/// The auxiliary vector, as many words of it as a record has.
pub(in crate::source) fn auxiliary(pid: u32) -> [u64; AUXV_WORDS] {
    let mut words = [0; AUXV_WORDS];
    let bytes = std::fs::read(format!("/proc/{pid}/auxv")).unwrap_or_default();
    let (chunks, _) = bytes.as_chunks::<8>();
    for (word, chunk) in words.iter_mut().zip(chunks) {
        *word = u64::from_ne_bytes(*chunk);
    }
    words
}

#[cfg(test)]
mod tests {
    use super::{regions, snapshot};
    use crate::source::record::Body;

    #[test]
    fn this_process_is_told_with_its_program_arguments_and_libraries() {
        let own = snapshot(std::process::id()).unwrap();
        assert_eq!(own.image.len(), 5);
        let Body::Exec(exec, file) = &own.image[2].body else {
            panic!("{:?}", own.image[2]);
        };
        assert_eq!(exec.uid, rustix::process::getuid().as_raw());
        assert!(exec.mount_namespace > 0 && exec.argv_length > 0);
        let program = std::env::current_exe().unwrap();
        assert_eq!(
            file.value().unwrap(),
            program.as_os_str().as_encoded_bytes()
        );
        let maps = regions(std::process::id());
        assert!(maps.iter().any(|map| map.path.contains("libc.so")));
        assert!(maps.is_sorted_by_key(|map| map.address));
    }

    #[test]
    fn a_process_that_is_gone_is_none() {
        assert!(snapshot(u32::MAX >> 1).is_none());
        // kthreadd, where this process can see it.
        let name = std::fs::read_to_string("/proc/2/comm").unwrap_or_default();
        assert!(name.trim() != "kthreadd" || snapshot(2).is_none());
    }
}
