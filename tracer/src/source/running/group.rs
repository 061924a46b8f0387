//! Control groups of version 2: where their tree is mounted, what is in it, who is in a group.

use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

/// Groups looked through at most.
const MOST: usize = 20_000;

/// Where version 2 is mounted: `/sys/fs/cgroup`, or beside version 1. `None` where it is not.
#[must_use]
pub fn root() -> Option<PathBuf> {
    let text = fs::read_to_string("/proc/self/mountinfo").ok()?;
    text.lines().find_map(mounted)
}

/// A line of mountinfo (proc_pid_mountinfo(5)) that mounts the whole of version 2.
fn mounted(line: &str) -> Option<PathBuf> {
    let (mount, system) = line.split_once(" - ")?;
    let is_cgroup = system.split(' ').next() == Some("cgroup2");
    let mut fields = mount.split(' ');
    let place = fields.nth(4)?;
    is_cgroup.then(|| PathBuf::from(place.replace(r"\040", " ")))
}

/// The number by which the kernel knows a group: the inode of its folder.
///
/// # Errors
/// It is not there, or no folder of a control group.
pub fn id(group: &Path) -> io::Result<u64> {
    let facts = fs::metadata(group.join("cgroup.procs"))?;
    if !facts.is_file() {
        return Err(io::Error::from(io::ErrorKind::InvalidInput));
    }
    Ok(fs::metadata(group)?.ino())
}

/// Processes in a group and in those below it.
#[must_use]
pub fn members(group: &Path) -> Vec<u32> {
    let mut pids = Vec::new();
    for folder in below(group) {
        let text = fs::read_to_string(folder.join("cgroup.procs")).unwrap_or_default();
        pids.extend(text.lines().filter_map(|line| line.parse::<u32>().ok()));
    }
    pids.sort_unstable();
    pids.dedup();
    // 0 stands for a process of another pid namespace.
    pids.retain(|pid| *pid != 0);
    pids
}

/// Groups with a name that is wanted, below the root.
#[must_use]
pub fn named(root: &Path, wanted: impl Fn(&str) -> bool) -> Vec<PathBuf> {
    let mut found = below(root);
    found.retain(|folder| {
        let name = folder.file_name().map(|name| name.to_string_lossy());
        folder != root && name.is_some_and(|name| wanted(&name))
    });
    found
}

/// A group and all below it, outer ones first.
fn below(group: &Path) -> Vec<PathBuf> {
    let mut list = vec![group.to_path_buf()];
    let mut at = 0;
    while let Some(folder) = list.get(at).cloned() {
        at += 1;
        let entries = fs::read_dir(&folder).into_iter().flatten().flatten();
        let mut inner: Vec<PathBuf> = entries
            .filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()))
            .map(|entry| entry.path())
            .collect();
        inner.sort();
        list.extend(inner);
        if list.len() > MOST {
            list.truncate(MOST);
            return list;
        }
    }
    list
}

/// The path of a process's group below the root of version 2; `None` for the root itself.
#[must_use]
pub fn of_process(pid: u32) -> Option<String> {
    let text = fs::read_to_string(format!("/proc/{pid}/cgroup")).ok()?;
    let path = text.lines().find_map(|line| line.strip_prefix("0::"))?;
    (path != "/").then(|| path.to_owned())
}

#[cfg(test)]
mod tests {
    use std::path::{Path, PathBuf};

    use super::{id, members, mounted, named};

    #[test]
    fn the_mount_of_version_2_is_found() {
        let line = "36 25 0:31 / /sys/fs/cgroup/unified rw,nosuid shared:9 - cgroup2 cgroup2 rw";
        assert_eq!(mounted(line), Some(PathBuf::from("/sys/fs/cgroup/unified")));
        let other = "35 25 0:30 / /sys/fs/cgroup/cpu rw shared:8 - cgroup cgroup rw,cpu";
        assert_eq!(mounted(other), None);
        assert_eq!(mounted("nothing"), None);
    }

    #[test]
    fn members_of_a_group_are_those_below_it_too() {
        let root = tempfile::tempdir().unwrap();
        let unit = root.path().join("system.slice/ollama.service");
        std::fs::create_dir_all(unit.join("sub")).unwrap();
        std::fs::write(unit.join("cgroup.procs"), "12\n7\n").unwrap();
        std::fs::write(unit.join("sub/cgroup.procs"), "9\n0\n7\n").unwrap();
        assert_eq!(members(&unit), [7, 9, 12]);
        let found = named(root.path(), |name| name == "ollama.service");
        assert_eq!(found, std::slice::from_ref(&unit));
        assert!(id(&unit).unwrap() > 0);
        assert!(id(root.path()).is_err(), "a folder that is no group");
        assert!(members(Path::new("/nowhere")).is_empty());
    }
}
