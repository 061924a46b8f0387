//! A new file that is its owner's alone and replaces nothing.

use std::fs::{File, OpenOptions, remove_file};
use std::io;
use std::os::unix::fs::{OpenOptionsExt, fchown};
use std::path::Path;

use rustix::fs::OFlags;

use super::Error;

/// Creates `path` with mode 0600. An existing file or link of that name is an error.
pub(super) fn create(path: &Path, owner: Option<(u32, u32)>) -> Result<File, Error> {
    let file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .custom_flags(OFlags::NOFOLLOW.bits().cast_signed())
        .open(path)
        .map_err(|source| match source.kind() {
            io::ErrorKind::AlreadyExists => Error::Exists(path.to_owned()),
            _ => Error::Create {
                path: path.to_owned(),
                source,
            },
        })?;
    if let Some((uid, gid)) = owner
        && let Err(source) = fchown(&file, Some(uid), Some(gid))
    {
        // Nobody should find an empty file that is not theirs; if it cannot go, the error is still the first one.
        let _ = remove_file(path);
        return Err(Error::Owner {
            path: path.to_owned(),
            uid,
            gid,
            source,
        });
    }
    Ok(file)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{MetadataExt, symlink};

    use super::{Error, create};

    #[test]
    fn a_new_file_is_its_owners_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("new.vgt");
        let file = create(&path, None).unwrap();
        assert_eq!(file.metadata().unwrap().mode() & 0o7777, 0o600);
        let own = (
            file.metadata().unwrap().uid(),
            file.metadata().unwrap().gid(),
        );
        let second = folder.path().join("second.vgt");
        assert!(create(&second, Some(own)).is_ok());
    }

    #[test]
    fn nothing_is_replaced_and_no_link_followed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("old");
        std::fs::write(&path, "precious").unwrap();
        assert!(matches!(create(&path, None), Err(Error::Exists(_))));
        let link = folder.path().join("link");
        symlink(folder.path().join("target"), &link).unwrap();
        assert!(matches!(create(&link, None), Err(Error::Exists(_))));
        assert!(!folder.path().join("target").exists());
        assert_eq!(std::fs::read(&path).unwrap(), b"precious");
        let missing = folder.path().join("none/new.vgt");
        assert!(matches!(create(&missing, None), Err(Error::Create { .. })));
    }
}
