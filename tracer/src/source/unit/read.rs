//! Files and folders below a root folder, bounded.
//!
//! In: a root and a path as the system sees it. Out: bytes, names, the end of a chain of links. Links are followed below
//! the root, so a mounted image of another system can be read.

use std::fs::{self, File};
use std::io::{self, ErrorKind, Read};
use std::path::{Component, Path, PathBuf};

use nix::errno::Errno;

use super::Error;

/// Largest file that is read: unit files and environment files are some KiB.
pub(super) const LIMIT: u64 = 1 << 20;

/// A path of the system as a path of ours.
pub(super) fn below(root: &Path, path: &Path) -> PathBuf {
    root.join(path.strip_prefix("/").unwrap_or(path))
}

/// Where a path of the system ends when every link in it is followed below `root`. A link to /dev/null ends there, whether or not there is one.
///
/// # Errors
/// Nothing is there, a folder may not be searched, or a chain of more than 40 links.
pub(super) fn follow(root: &Path, path: &Path) -> io::Result<PathBuf> {
    let mut links = 0;
    let mut done = PathBuf::from("/");
    let mut rest: Vec<_> = parts(path);
    while let Some(name) = rest.pop() {
        if name == ".." {
            done.pop();
            continue;
        }
        done.push(&name);
        let here = below(root, &done);
        if let Ok(target) = fs::read_link(&here) {
            links += 1;
            if links > 40 {
                return Err(io::Error::from_raw_os_error(Errno::ELOOP as i32));
            }
            if target == Path::new("/dev/null") && rest.is_empty() {
                return Ok(target);
            }
            if target.is_absolute() {
                done = PathBuf::from("/");
            } else {
                done.pop();
            }
            rest.extend(parts(&target));
        } else {
            fs::symlink_metadata(&here)?;
        }
    }
    Ok(done)
}

/// Names of a path, last first.
fn parts(path: &Path) -> Vec<std::ffi::OsString> {
    path.components()
        .rev()
        .filter_map(|part| match part {
            Component::Normal(name) => Some(name.to_owned()),
            Component::ParentDir => Some("..".into()),
            _ => None,
        })
        .collect()
}

/// The content of a regular file; `None` when there is none.
///
/// # Errors
/// What the kernel says, no regular file, or more than [`LIMIT`] bytes.
pub(super) fn file(root: &Path, path: &Path) -> Result<Option<Vec<u8>>, Error> {
    let error = |source| Error::Read {
        path: path.to_owned(),
        source,
    };
    let end = match follow(root, path) {
        Ok(end) => end,
        Err(source) if is_absent(&source) => return Ok(None),
        Err(source) => return Err(error(source)),
    };
    let here = below(root, &end);
    match fs::metadata(&here) {
        Ok(metadata) if metadata.is_file() => {}
        Ok(_) => return Err(Error::NoFile(path.to_owned())),
        Err(source) if is_absent(&source) => return Ok(None),
        Err(source) => return Err(error(source)),
    }
    let mut bytes = Vec::new();
    File::open(&here)
        .and_then(|file| file.take(LIMIT + 1).read_to_end(&mut bytes))
        .map_err(error)?;
    if bytes.len() as u64 > LIMIT {
        return Err(Error::TooLarge(path.to_owned()));
    }
    Ok(Some(bytes))
}

fn is_absent(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory)
}

/// Names in a folder, sorted; none when it cannot be read. At most 4096.
pub(super) fn names(root: &Path, folder: &Path) -> Vec<String> {
    let Ok(end) = follow(root, folder) else {
        return Vec::new();
    };
    let mut names: Vec<String> = fs::read_dir(below(root, &end))
        .into_iter()
        .flatten()
        .take(4096)
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .collect();
    names.sort();
    names
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;
    use std::path::{Path, PathBuf};

    use super::{Error, LIMIT, file, follow, names};

    #[test]
    fn links_stay_below_the_root() {
        let root = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(root.path().join("usr/lib/x")).unwrap();
        std::fs::write(root.path().join("usr/lib/x/a"), "1").unwrap();
        symlink("usr/lib", root.path().join("lib")).unwrap();
        symlink("/lib/x/a", root.path().join("b")).unwrap();
        symlink("../../../b", root.path().join("usr/lib/c")).unwrap();
        symlink("/loop", root.path().join("loop")).unwrap();
        let end = PathBuf::from("/usr/lib/x/a");
        for path in ["/usr/lib/x/a", "/lib/x/a", "/b", "/lib/c"] {
            assert_eq!(follow(root.path(), Path::new(path)).unwrap(), end, "{path}");
        }
        assert_eq!(
            file(root.path(), Path::new("/lib/c")).unwrap().unwrap(),
            b"1"
        );
        for path in ["/none", "/usr/lib/x/a/b"] {
            assert!(
                file(root.path(), Path::new(path)).unwrap().is_none(),
                "{path}"
            );
        }
        assert!(matches!(
            file(root.path(), Path::new("/loop")),
            Err(Error::Read { .. })
        ));
        assert_eq!(names(root.path(), Path::new("/lib")), ["c", "x"]);
        assert!(matches!(
            file(root.path(), Path::new("/lib")),
            Err(Error::NoFile(_))
        ));
    }

    #[test]
    fn a_file_that_is_too_large_is_refused() {
        let root = tempfile::tempdir().unwrap();
        let size = usize::try_from(LIMIT).unwrap() + 1;
        std::fs::write(root.path().join("big"), vec![b'#'; size]).unwrap();
        assert!(matches!(
            file(root.path(), Path::new("/big")),
            Err(Error::TooLarge(_))
        ));
    }
}
