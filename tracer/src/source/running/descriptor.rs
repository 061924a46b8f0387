//! What a running process has open: files, devices, and sockets it listens on.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use procfs::net::TcpState;
use procfs::process::{FDTarget, Process};

use crate::source::tracker::{Descriptor, Opened};

/// Descriptors of one process at most.
const MOST: usize = 4_096;

/// The open descriptors of a process by number; none when they may not be read.
#[must_use]
pub(super) fn all(pid: u32) -> Vec<Descriptor> {
    let Ok(process) = Process::new(pid.cast_signed()) else {
        return Vec::new();
    };
    let listening = listening(&process);
    let descriptors = process.fd().into_iter().flatten().flatten().take(MOST);
    let mut open: Vec<Descriptor> = descriptors
        .filter_map(|one| {
            let of = match one.target {
                FDTarget::Path(path) if path.is_absolute() => Opened::File {
                    path: path.to_string_lossy().into_owned(),
                    flags: flags(pid, one.fd).unwrap_or(0),
                },
                FDTarget::Socket(inode) => Opened::Listening(*listening.get(&inode)?),
                _ => return None,
            };
            Some(Descriptor { fd: one.fd, of })
        })
        .collect();
    open.sort_by_key(|one| one.fd);
    open
}

/// Addresses that are listened on in the network namespace of a process, by the socket's inode.
fn listening(process: &Process) -> BTreeMap<u64, SocketAddr> {
    let tables = [process.tcp(), process.tcp6()];
    let entries = tables.into_iter().flatten().flatten();
    entries
        .filter(|entry| entry.state == TcpState::Listen)
        .map(|entry| (entry.inode, entry.local_address))
        .collect()
}

/// The flags a descriptor was opened with (`flags:` of proc_pid_fdinfo(5), octal).
fn flags(pid: u32, fd: i32) -> Option<u64> {
    let text = std::fs::read_to_string(format!("/proc/{pid}/fdinfo/{fd}")).ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("flags:"))?;
    u64::from_str_radix(line.trim(), 8).ok()
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;
    use std::os::fd::AsRawFd as _;

    use super::all;
    use crate::source::tracker::{Descriptor, Opened};

    #[test]
    fn files_and_sockets_that_listen_are_told_with_their_numbers() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let open = all(std::process::id());
        let of = |fd: i32| open.iter().find(|one: &&Descriptor| one.fd == fd).unwrap();
        let Opened::File { path, flags } = &of(file.as_file().as_raw_fd()).of else {
            panic!("{open:?}");
        };
        assert_eq!(path, &file.path().to_string_lossy());
        assert_eq!(flags & 0o3, 2, "read and write: {flags:#o}");
        let address = listener.local_addr().unwrap();
        assert_eq!(of(listener.as_raw_fd()).of, Opened::Listening(address));
        assert!(open.is_sorted_by_key(|one| one.fd));
        assert!(all(u32::MAX >> 1).is_empty());
    }
}
