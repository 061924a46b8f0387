//! Which file systems have libraries, and what a held file is called.

use std::collections::BTreeSet;
use std::fs::File;
use std::os::fd::AsRawFd;
use std::path::PathBuf;

use procfs::process::Process;

/// File systems of the kernel's own, without files that a program could load.
const WITHOUT: [&str; 22] = [
    "autofs",
    "binfmt_misc",
    "bpf",
    "cgroup",
    "cgroup2",
    "configfs",
    "debugfs",
    "devpts",
    "devtmpfs",
    "efivarfs",
    "fusectl",
    "hugetlbfs",
    "mqueue",
    "nsfs",
    "pipefs",
    "proc",
    "pstore",
    "rpc_pipefs",
    "securityfs",
    "selinuxfs",
    "sysfs",
    "tracefs",
];

/// One mount point of each file system that may have libraries.
pub(super) fn mounts() -> std::io::Result<Vec<PathBuf>> {
    let all = Process::myself()
        .and_then(|own| own.mountinfo())
        .map_err(std::io::Error::other)?;
    let mut seen = BTreeSet::new();
    Ok(all
        .into_iter()
        .filter(|mount| !WITHOUT.contains(&mount.fs_type.as_str()))
        .filter(|mount| seen.insert(mount.majmin.clone()))
        .map(|mount| mount.mount_point)
        .collect())
}

/// The path of an open file; `None` where it has no name any more that could be given to the kernel.
pub(super) fn path_of(file: &File) -> Option<String> {
    let link = std::fs::read_link(format!("/proc/self/fd/{}", file.as_raw_fd())).ok()?;
    let path = link.to_str()?.to_owned();
    path.starts_with('/').then_some(path)
}

#[cfg(test)]
mod tests {
    use super::mounts;

    #[test]
    fn the_root_is_a_place_with_libraries_and_proc_is_not() {
        let places = mounts().unwrap();
        assert!(!places.is_empty());
        assert!(!places.iter().any(|place| place.starts_with("/proc")));
    }
}
