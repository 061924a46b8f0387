//! Mounts that only this process and its children see.
//!
//! A file is covered by a bind mount. A file that must not be there cannot be: its folder is, by one in memory that has all the other
//! files of it, each by a bind mount, under their own paths. Where that folder is not the installation's own, a link that leads nowhere is
//! mounted on the file instead: whoever opens it is told that it is not there, and only its name is still listed.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs::{self, File};
use std::io;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use nix::mount::{MntFlags, MsFlags, mount, umount2};
use nix::sched::{CloneFlags, unshare};
use rustix::fs::CWD;
use rustix::mount::{MoveMountFlags, OpenTreeFlags, move_mount, open_tree};

use super::Error;
use super::cover::Plan;

/// Files of a folder that is shown without some of them; no library folder has more.
const MOST: usize = 10_000;

/// Gives this process mounts of its own. It must have one thread.
///
/// # Errors
/// The kernel's answer: EPERM without CAP_SYS_ADMIN.
pub fn unshared() -> io::Result<()> {
    unshare(CloneFlags::CLONE_NEWNS)?;
    // What is mounted elsewhere still arrives here; nothing leaves.
    let none: Option<&str> = None;
    mount(none, "/", none, MsFlags::MS_REC | MsFlags::MS_SLAVE, none)?;
    Ok(())
}

/// Mounts a file system in memory on a folder.
///
/// # Errors
/// The kernel's answer.
pub fn memory(folder: &Path) -> Result<(), Error> {
    let flags = MsFlags::MS_NOSUID | MsFlags::MS_NODEV;
    let kind = Some("tmpfs");
    mount(kind, folder, kind, flags, Some("mode=0755")).map_err(refused(folder))
}

/// Takes away what is mounted on a folder, when nobody uses it any more.
pub fn release(folder: &Path) {
    // A folder that stays mounted goes with the last process of the namespace.
    let _ = umount2(folder, MntFlags::MNT_DETACH);
}

/// Carries out a plan. `libraries` has the covering files, `scratch` is an empty folder in memory.
///
/// # Errors
/// What the kernel refuses.
pub fn cover(plan: &Plan, libraries: &Path, scratch: &Path) -> Result<(), Error> {
    let mut folders: BTreeMap<&Path, Vec<&OsStr>> = BTreeMap::new();
    for path in &plan.hidden {
        if let (Some(folder), Some(name)) = (path.parent(), path.file_name()) {
            folders.entry(folder).or_default().push(name);
        }
    }
    for (number, (folder, hidden)) in folders.into_iter().enumerate() {
        without(folder, &hidden, &scratch.join(number.to_string()))?;
    }
    if !plan.masked.is_empty() {
        fs::create_dir_all(scratch).map_err(Error::file(scratch))?;
        let nowhere = scratch.join("nowhere");
        symlink("/nonexistent/not-there", &nowhere).map_err(Error::file(&nowhere))?;
        for path in &plan.masked {
            mask(&nowhere, path)?;
        }
    }
    for (path, soname) in &plan.covered {
        bind(&libraries.join(soname), path)?;
    }
    Ok(())
}

/// Shows a folder without some files and the links that lead to them.
fn without(folder: &Path, hidden: &[&OsStr], image: &Path) -> Result<(), Error> {
    let gone: Vec<PathBuf> = hidden.iter().map(|name| folder.join(name)).collect();
    fs::create_dir_all(image).map_err(Error::file(image))?;
    let entries = fs::read_dir(folder).map_err(Error::file(folder))?;
    for entry in entries.take(MOST) {
        let entry = entry.map_err(Error::file(folder))?;
        let (from, to) = (entry.path(), image.join(entry.file_name()));
        let kind = entry.file_type().map_err(Error::file(&from))?;
        let end = fs::canonicalize(&from).unwrap_or_else(|_| from.clone());
        if gone.contains(&end) {
            continue;
        }
        if kind.is_symlink() {
            let target = fs::read_link(&from).map_err(Error::file(&from))?;
            symlink(target, &to).map_err(Error::file(&to))?;
        } else if kind.is_dir() {
            fs::create_dir(&to).map_err(Error::file(&to))?;
            bind(&from, &to)?;
        } else {
            File::create(&to).map_err(Error::file(&to))?;
            bind(&from, &to)?;
        }
    }
    bind(image, folder)
}

/// Mounts a symbolic link itself on a file; mount(2) would follow it (open_tree(2) and move_mount(2), Linux 5.2).
fn mask(link: &Path, path: &Path) -> Result<(), Error> {
    let refused = |errno: rustix::io::Errno| Error::Mount {
        path: path.to_owned(),
        source: errno.into(),
    };
    let flags = OpenTreeFlags::OPEN_TREE_CLONE
        | OpenTreeFlags::OPEN_TREE_CLOEXEC
        | OpenTreeFlags::AT_SYMLINK_NOFOLLOW;
    let tree = open_tree(CWD, link, flags).map_err(refused)?;
    let flags = MoveMountFlags::MOVE_MOUNT_F_EMPTY_PATH;
    move_mount(&tree, "", CWD, path, flags).map_err(refused)
}

fn bind(from: &Path, to: &Path) -> Result<(), Error> {
    let none: Option<&str> = None;
    let flags = MsFlags::MS_BIND | MsFlags::MS_REC;
    mount(Some(from), to, none, flags, none).map_err(refused(to))
}

fn refused(path: &Path) -> impl FnOnce(nix::Error) -> Error {
    move |errno| Error::Mount {
        path: path.to_owned(),
        source: errno.into(),
    }
}
