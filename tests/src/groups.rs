//! Control groups of version 2 that a test makes for itself, with whatever names systemd and container engines would give them.

use std::path::{Path, PathBuf};
use std::process::{Child, Command};

use crate::gate;

/// Groups of the test's own; they go with it.
#[derive(Debug)]
pub struct Tree {
    /// The outermost.
    pub top: PathBuf,
}

impl Tree {
    /// `None` where no groups can be made.
    fn new(name: &str) -> Option<Self> {
        let mounts = std::fs::read_to_string("/proc/self/mountinfo").ok()?;
        let line = mounts.lines().find(|line| line.contains(" - cgroup2 "))?;
        let top = Path::new(line.split(' ').nth(4)?).join(format!("{name}-{}", std::process::id()));
        std::fs::create_dir(&top).ok()?;
        Some(Self { top })
    }

    /// A group below it, made if need be.
    ///
    /// # Panics
    /// When it cannot be made.
    #[must_use]
    #[track_caller]
    pub fn group(&self, name: &str) -> PathBuf {
        let group = self.top.join(name);
        match std::fs::create_dir_all(&group) {
            Ok(()) => group,
            Err(why) => panic!("{}: {why}", group.display()),
        }
    }
}

impl Drop for Tree {
    fn drop(&mut self) {
        fn remove(folder: &Path) {
            for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
                if entry.path().is_dir() {
                    remove(&entry.path());
                }
            }
            let _ = std::fs::remove_dir(folder);
        }
        remove(&self.top);
    }
}

/// A shell that goes into the group and then runs the program there, as systemd does.
///
/// # Panics
/// When it cannot be started.
#[must_use]
#[track_caller]
pub fn start_in(group: &Path, program: &str, argument: &str) -> Child {
    let started = Command::new("/bin/sh")
        .args([
            "-c",
            "echo $$ > \"$1/cgroup.procs\" && exec \"$2\" \"$3\" > /dev/null",
            "sh",
        ])
        .arg(group)
        .args([program, argument])
        .spawn();
    match started {
        Ok(child) => child,
        Err(why) => panic!("a shell: {why}"),
    }
}

/// A tree of groups for a test that needs the engine; skipped by name where none can be made.
///
/// # Panics
/// In CI, when the engine is missing.
#[must_use]
pub fn tree(test: &str, name: &str) -> Option<Tree> {
    if !gate::engine(test) {
        return None;
    }
    let tree = Tree::new(name);
    if tree.is_none() {
        gate::skip(test, "no groups of version 2 can be made here");
    }
    tree
}
