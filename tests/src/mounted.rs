//! A small file system in memory, for disks that are full or closed.

use std::path::Path;
use std::process::Command;

use crate::open_folder;

/// A mounted tmpfs, taken away at the end.
#[derive(Debug)]
pub struct Mounted {
    folder: tempfile::TempDir,
}

impl Mounted {
    /// Mounts it with options of mount(8); `None` where that is not allowed.
    #[must_use]
    pub fn new(options: &str) -> Option<Self> {
        let folder = open_folder();
        let mut mount = Command::new("mount");
        mount
            .args(["-t", "tmpfs", "-o", options, "vgputrace-suite"])
            .arg(folder.path());
        mount
            .status()
            .is_ok_and(|status| status.success())
            .then_some(Self { folder })
    }

    /// Where it is mounted.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.folder.path()
    }
}

impl Drop for Mounted {
    fn drop(&mut self) {
        let _ = Command::new("umount")
            .arg("-l")
            .arg(self.folder.path())
            .status();
    }
}
