//! Paths as another process sees them: below its root, with its links.
//!
//! `/proc/PID/root` leads into the mount namespace and root of a process, but an absolute link inside would lead out
//! again if the kernel followed it. So links are followed here, one component at a time.

use std::collections::VecDeque;
use std::ffi::OsString;
use std::fs::{self, File, Metadata, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Component, Path, PathBuf};

use rustix::fs::OFlags;

use super::limit;
use crate::event::Errno;

/// A folder that stands for `/`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Root(PathBuf);

impl Default for Root {
    fn default() -> Self {
        Self(PathBuf::from("/"))
    }
}

/// A path with all its links followed.
#[derive(Clone, Debug)]
pub struct Located {
    /// The file itself, absolute inside the root.
    pub file: PathBuf,
    /// The same file from outside the root.
    pub host: PathBuf,
    /// Each path that a link led to, in order; the last one is `file`. Empty for a path without links.
    pub links: Vec<PathBuf>,
    /// Its `lstat`.
    pub metadata: Metadata,
}

impl Root {
    /// A prefix such as `/proc/4711/root`.
    #[must_use]
    pub fn new(prefix: impl Into<PathBuf>) -> Self {
        Self(prefix.into())
    }

    /// The path from outside. Links in it are not looked at.
    #[must_use]
    pub fn outside(&self, path: &Path) -> PathBuf {
        self.0.join(path.strip_prefix("/").unwrap_or(path))
    }

    /// Names in a folder, sorted, `most` of them, and whether some were left out.
    ///
    /// # Errors
    /// What the kernel says; EIO where it says nothing.
    pub fn names(&self, folder: &Path, most: usize) -> Result<(Vec<OsString>, bool), Errno> {
        let errno = |error: io::Error| {
            let number = error.raw_os_error().and_then(|raw| u16::try_from(raw).ok());
            Errno(number.unwrap_or(5))
        };
        let located = self.locate(folder).map_err(errno)?;
        let mut names: Vec<OsString> = fs::read_dir(&located.host)
            .map_err(errno)?
            .take(most + 1)
            .filter_map(|entry| entry.ok().map(|entry| entry.file_name()))
            .collect();
        let cut = names.len() > most;
        names.sort();
        names.truncate(most);
        Ok((names, cut))
    }

    /// Follows all links of `path`, which is taken from the root when it is relative.
    ///
    /// # Errors
    /// What `lstat` and `readlink` say; ELOOP after 40 links.
    pub fn locate(&self, path: &Path) -> io::Result<Located> {
        let mut rest: VecDeque<OsString> = names(path).collect();
        let mut file = PathBuf::from("/");
        let mut links = Vec::new();
        let mut metadata = None;
        while let Some(name) = rest.pop_front() {
            if name == ".." {
                file.pop();
                metadata = None;
                continue;
            }
            let next = file.join(&name);
            let host = self.outside(&next);
            let found = fs::symlink_metadata(&host)?;
            if !found.is_symlink() {
                file = next;
                metadata = Some(found);
                continue;
            }
            if links.len() >= limit::LINKS {
                return Err(io::Error::from_raw_os_error(40));
            }
            let target = fs::read_link(&host)?;
            if target.is_absolute() {
                file = PathBuf::from("/");
            }
            for (position, part) in names(&target).enumerate() {
                rest.insert(position, part);
            }
            metadata = None;
            links.push(lexical(&file, &rest));
        }
        let host = self.outside(&file);
        let metadata = match metadata {
            Some(metadata) => metadata,
            None => fs::symlink_metadata(&host)?,
        };
        Ok(Located {
            file,
            host,
            links,
            metadata,
        })
    }
}

impl Located {
    /// Opens a regular file for reading. Pipes and devices are refused before they are opened, because opening one can
    /// block or act.
    ///
    /// # Errors
    /// What `open` and `fstat` say; EINVAL when it is no regular file.
    pub fn open(&self) -> io::Result<File> {
        let irregular = || io::Error::from_raw_os_error(22);
        if !self.metadata.is_file() {
            return Err(irregular());
        }
        let flags = OFlags::NONBLOCK | OFlags::NOFOLLOW | OFlags::NOCTTY;
        let file = OpenOptions::new()
            .read(true)
            .custom_flags(flags.bits().cast_signed())
            .open(&self.host)?;
        if !file.metadata()?.is_file() {
            return Err(irregular());
        }
        Ok(file)
    }
}

/// The names of a path; `..` stays, `.` and `/` go.
fn names(path: &Path) -> impl Iterator<Item = OsString> + '_ {
    path.components().filter_map(|component| match component {
        Component::Normal(name) => Some(name.to_owned()),
        Component::ParentDir => Some(OsString::from("..")),
        Component::RootDir | Component::CurDir | Component::Prefix(_) => None,
    })
}

/// The path that remains to be walked, for the eye.
fn lexical(file: &Path, rest: &VecDeque<OsString>) -> PathBuf {
    let mut path = file.to_owned();
    for name in rest {
        if name == ".." {
            path.pop();
        } else {
            path.push(name);
        }
    }
    path
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;
    use std::path::{Path, PathBuf};

    use super::Root;

    #[test]
    fn absolute_links_stay_inside_the_root() {
        let folder = tempfile::tempdir().unwrap();
        let inside = folder.path().join("usr/lib");
        std::fs::create_dir_all(&inside).unwrap();
        std::fs::write(inside.join("libx.so.1.2"), "x").unwrap();
        symlink("libx.so.1.2", inside.join("libx.so.1")).unwrap();
        symlink("/usr/lib", folder.path().join("lib")).unwrap();
        symlink("/lib/../lib/libx.so.1", folder.path().join("x")).unwrap();
        let root = Root::new(folder.path());
        let located = root.locate(Path::new("/x")).unwrap();
        assert_eq!(located.file, Path::new("/usr/lib/libx.so.1.2"));
        assert_eq!(located.links.last(), Some(&located.file));
        assert_eq!(located.links.len(), 3);
        assert!(located.open().is_ok());
        assert_eq!(
            root.locate(Path::new("/../../x")).unwrap().file,
            located.file,
            "no path leaves the root"
        );
    }

    #[test]
    fn a_ring_of_links_ends_with_eloop_and_a_pipe_is_not_opened() {
        let folder = tempfile::tempdir().unwrap();
        symlink("/b", folder.path().join("a")).unwrap();
        symlink("/a", folder.path().join("b")).unwrap();
        let root = Root::new(folder.path());
        let error = root.locate(Path::new("/a")).unwrap_err();
        assert_eq!(error.raw_os_error(), Some(40));
        let pipe = folder.path().join("pipe");
        nix::unistd::mkfifo(&pipe, nix::sys::stat::Mode::S_IRUSR).unwrap();
        let located = root.locate(Path::new("/pipe")).unwrap();
        assert!(located.open().is_err());
        assert_eq!(located.file, PathBuf::from("/pipe"));
    }
}
