//! Which file it is to the kernel: a probe belongs to an inode, and an overlay shows the inodes below it under devices of its own.
//!
//! Two containers of one image, or one that is started anew, have the same C library behind two names of a file; a second probe
//! there would tell each call twice.

use std::collections::HashMap;
use std::fs::Metadata;
use std::os::unix::fs::MetadataExt;

/// Device and inode as stat(2) has them.
pub(super) type FileId = (u64, u64);

/// `OVERLAYFS_SUPER_MAGIC` (include/uapi/linux/magic.h).
pub(super) const OVERLAY: i64 = 0x794c_7630;

/// What a file below an overlay has in common with what the overlay shows: an overlay keeps number and times of files that nobody
/// has written through it (Documentation/filesystems/overlayfs.rst, "Inode properties").
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Traits {
    inode: u64,
    size: u64,
    changed: (i64, i64),
    modified: (i64, i64),
}

/// The files that were met, each under the identity by which it was met first.
#[derive(Debug, Default)]
pub(super) struct Identities {
    first: HashMap<Traits, (FileId, bool)>,
}

impl Identities {
    /// The identity of a file. `is_overlay`: its file system is an overlay.
    pub(super) fn of(&mut self, facts: &Metadata, is_overlay: bool) -> FileId {
        let own = (facts.dev(), facts.ino());
        let traits = Traits {
            inode: facts.ino(),
            size: facts.size(),
            changed: (facts.ctime(), facts.ctime_nsec()),
            modified: (facts.mtime(), facts.mtime_nsec()),
        };
        let (first, was_overlay) = *self.first.entry(traits).or_insert((own, is_overlay));
        if is_overlay || was_overlay {
            first
        } else {
            own
        }
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::MetadataExt;

    use super::Identities;

    #[test]
    fn a_file_is_itself_and_another_one_is_not() {
        let (one, other) = (
            tempfile::NamedTempFile::new().unwrap(),
            tempfile::NamedTempFile::new().unwrap(),
        );
        let mut known = Identities::default();
        for file in [&one, &other, &one] {
            let facts = file.as_file().metadata().unwrap();
            for is_overlay in [false, true] {
                assert_eq!(known.of(&facts, is_overlay), (facts.dev(), facts.ino()));
            }
        }
    }
}
