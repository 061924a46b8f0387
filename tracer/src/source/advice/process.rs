//! Facts of one process from a /proc folder, bounded, any of them possibly absent.
//!
//! In: the folder and a pid. Out: argv, environment, parent, owner, control group. Reads only.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

/// Most bytes of one file that are read; argv and environment are at most 128 KiB a string, some MiB in all.
const LIMIT: u64 = 1 << 20;

/// A process by its folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Process {
    /// Its number.
    pub(super) pid: u32,
    folder: PathBuf,
}

impl Process {
    /// The process `pid` below `proc`; it need not be there.
    pub(super) fn new(proc: &Path, pid: u32) -> Self {
        Self {
            pid,
            folder: proc.join(pid.to_string()),
        }
    }

    /// Every process, by number.
    ///
    /// # Errors
    /// `proc` could not be listed.
    pub(super) fn all(proc: &Path) -> io::Result<Vec<Self>> {
        let mut pids: Vec<u32> = fs::read_dir(proc)?
            .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
            .collect();
        pids.sort_unstable();
        Ok(pids.into_iter().map(|pid| Self::new(proc, pid)).collect())
    }

    /// A path inside its folder.
    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    fn strings(&self, name: &str) -> Option<Vec<String>> {
        let bytes = read(&self.path(name)).ok()?;
        let text = bytes.strip_suffix(b"\0").unwrap_or(&bytes);
        if text.is_empty() {
            return Some(Vec::new());
        }
        let words = text.split(|byte| *byte == 0);
        Some(
            words
                .map(|word| String::from_utf8_lossy(word).into_owned())
                .collect(),
        )
    }

    /// Arguments; empty for a kernel thread or a zombie.
    pub(super) fn argv(&self) -> Vec<String> {
        self.strings("cmdline").unwrap_or_default()
    }

    /// Environment at its exec; `None` when it may not be read.
    pub(super) fn environment(&self) -> Option<Vec<(String, String)>> {
        let pairs = self.strings("environ")?;
        let pairs = pairs.iter().filter_map(|pair| pair.split_once('='));
        Some(pairs.map(|(k, v)| (k.to_owned(), v.to_owned())).collect())
    }

    /// Command name.
    pub(super) fn name(&self) -> Option<String> {
        let bytes = read(&self.path("comm")).ok()?;
        Some(
            String::from_utf8_lossy(&bytes)
                .trim_end_matches('\n')
                .to_owned(),
        )
    }

    /// The program file; `None` when it may not be read.
    pub(super) fn exe(&self) -> Option<PathBuf> {
        fs::read_link(self.path("exe")).ok()
    }

    fn status(&self, key: &str) -> Option<u32> {
        let bytes = read(&self.path("status")).ok()?;
        let text = String::from_utf8_lossy(&bytes);
        let line = text.lines().find_map(|line| line.strip_prefix(key))?;
        line.split_whitespace().next()?.parse().ok()
    }

    /// Real user id.
    pub(super) fn uid(&self) -> Option<u32> {
        self.status("Uid:")
    }

    /// The parent.
    pub(super) fn parent(&self) -> Option<Self> {
        let pid = self.status("PPid:").filter(|pid| *pid != 0)?;
        Some(Self {
            pid,
            folder: self.folder.with_file_name(pid.to_string()),
        })
    }

    /// Path of its control group.
    pub(super) fn cgroup(&self) -> Option<String> {
        control_group(&self.folder)
    }

    /// Inodes of its sockets; `None` when its descriptors may not be listed.
    pub(super) fn sockets(&self) -> Option<Vec<u64>> {
        let entries = fs::read_dir(self.path("fd")).ok()?;
        let inodes = entries.filter_map(|entry| {
            let target = fs::read_link(entry.ok()?.path()).ok()?;
            let inode = target
                .to_str()?
                .strip_prefix("socket:[")?
                .strip_suffix(']')?;
            inode.parse().ok()
        });
        Some(inodes.collect())
    }
}

/// Path of the control group of the process with this folder: version 2's (`0::`), or that of systemd's own hierarchy of
/// version 1; `None` for the root of the tree.
#[must_use]
pub fn control_group(folder: &Path) -> Option<String> {
    let bytes = read(&folder.join("cgroup")).ok()?;
    let text = String::from_utf8_lossy(&bytes);
    let path = |start: &str| {
        let found = text.lines().filter_map(|line| {
            let (_, rest) = line.split_once(':')?;
            rest.strip_prefix(start)
        });
        found.map(str::to_owned).find(|path| path.as_str() != "/")
    };
    path("name=systemd:").or_else(|| path(":"))
}

/// At most 1 MiB of a file.
///
/// # Errors
/// Those of opening and reading.
pub(super) fn read(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)?.take(LIMIT).read_to_end(&mut bytes)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::Process;

    #[test]
    fn this_process_is_described_by_the_real_proc() {
        let own = Process::new(Path::new("/proc"), std::process::id());
        assert_eq!(own.argv(), std::env::args().collect::<Vec<_>>());
        assert_eq!(own.uid(), Some(nix::unistd::getuid().as_raw()));
        let parent = u32::try_from(nix::unistd::getppid().as_raw()).unwrap();
        assert_eq!(own.parent().map(|one| one.pid), Some(parent));
        assert_eq!(own.exe(), std::env::current_exe().ok());
        assert!(
            own.environment()
                .unwrap()
                .iter()
                .any(|(name, _)| name == "PATH")
        );
        assert!(Process::all(Path::new("/proc")).unwrap().contains(&own));
    }

    #[test]
    fn both_versions_of_control_groups_are_read() {
        let proc = tempfile::tempdir().unwrap();
        let folder = proc.path().join("7");
        std::fs::create_dir(&folder).unwrap();
        for (text, path) in [
            (
                "0::/system.slice/ollama.service\n",
                Some("/system.slice/ollama.service"),
            ),
            (
                "9:pids:/x\n1:name=systemd:/system.slice/ollama.service\n0::/\n",
                Some("/system.slice/ollama.service"),
            ),
            (
                "9:name=systemd:/\n0::/user.slice/a\n",
                Some("/user.slice/a"),
            ),
            ("0::/\n", None),
            ("", None),
        ] {
            std::fs::write(folder.join("cgroup"), text).unwrap();
            let found = Process::new(proc.path(), 7).cgroup();
            assert_eq!(found.as_deref(), path, "{text}");
        }
    }

    #[test]
    fn a_process_that_is_gone_has_no_facts() {
        let gone = Process::new(Path::new("/proc"), u32::MAX);
        assert!(gone.argv().is_empty());
        assert!(
            gone.environment().is_none() && gone.parent().is_none() && gone.sockets().is_none()
        );
    }
}
