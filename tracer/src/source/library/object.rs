//! What the loader keeps of an object and uses when it searches for what that object needs.

use std::fs::Metadata;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use object::elf;

use super::identity::identify;
use super::image;
use super::table::Strings;
use super::{Error, Image, Root, limit};
use crate::event::Text;

/// An object that is loaded, or that would be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Object {
    /// Path under which it was found; `$ORIGIN` is its folder, links in it are not followed.
    pub path: PathBuf,
    /// Device and inode.
    pub inode: (u64, u64),
    /// DT_SONAME.
    pub soname: Option<Text>,
    /// Names under which it was asked for.
    pub names: Vec<Text>,
    /// DT_NEEDED in order.
    pub needed: Vec<Text>,
    /// DT_RPATH; absent when there is a DT_RUNPATH, which makes the loader ignore it.
    pub rpath: Option<Text>,
    /// DT_RUNPATH.
    pub runpath: Option<Text>,
    /// DF_1_NODEFLIB: default folders are not searched for it.
    pub no_default_folders: bool,
    /// Its symbols serve every object loaded later (the program, what it needs, RTLD_GLOBAL).
    pub global: bool,
}

impl Object {
    /// Reads it from the file at `path`.
    ///
    /// # Errors
    /// The file cannot be opened, or is no x86-64 ELF file.
    pub fn read(path: &Path, root: &Root) -> Result<Self, Error> {
        let located = root
            .locate(path)
            .map_err(|source| Error::io("lstat", path, source))?;
        let file = image::open(&located)?;
        let identity = identify(&file, located.metadata.len());
        let inode = inode(&located.metadata);
        let image = Image::read(file, &located, identity)?;
        Ok(Self::of(path, inode, &image))
    }

    fn of(path: &Path, inode: (u64, u64), image: &Image) -> Self {
        let strings = Strings::dynamic(image);
        let name = |value: u64| {
            u32::try_from(value)
                .ok()
                .and_then(|at| strings.get(image, at))
        };
        let runpath = image.value(elf::DT_RUNPATH).and_then(name);
        let rpath = image
            .value(elf::DT_RPATH)
            .and_then(name)
            .filter(|_| runpath.is_none());
        let flags = image.value(elf::DT_FLAGS_1).unwrap_or(0);
        let needed = image
            .values(elf::DT_NEEDED)
            .take(limit::NEEDED)
            .filter_map(name)
            .collect();
        Self {
            path: path.to_owned(),
            inode,
            soname: image.value(elf::DT_SONAME).and_then(name),
            names: Vec::new(),
            needed,
            rpath,
            runpath,
            no_default_folders: flags & elf::DF_1_NODEFLIB.0 != 0,
            global: false,
        }
    }

    /// An object of which only the path is known, because its file cannot be read.
    pub(super) fn unread(path: &Path, inode: (u64, u64)) -> Self {
        Self {
            path: path.to_owned(),
            inode,
            soname: None,
            names: Vec::new(),
            needed: Vec::new(),
            rpath: None,
            runpath: None,
            no_default_folders: false,
            global: false,
        }
    }

    /// The loader takes it for an answer to `name` without searching.
    #[must_use]
    pub fn answers(&self, name: &Text) -> bool {
        self.soname.as_ref() == Some(name)
            || self.names.contains(name)
            || super::facts::text(&self.path) == *name
    }

    /// `$ORIGIN`.
    #[must_use]
    pub fn origin(&self) -> Option<&Path> {
        self.path.parent()
    }
}

pub(super) fn inode(metadata: &Metadata) -> (u64, u64) {
    (metadata.dev(), metadata.ino())
}
