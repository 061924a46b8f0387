//! A kernel of a Debian release: the newest that its package `linux-image-amd64` stands for.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};

use crate::debian::Release;
use crate::machine;

/// A kernel to boot.
pub(super) struct Kernel {
    /// The release it is from.
    pub(super) release: String,
    /// As `uname -r` says.
    pub(super) version: String,
    /// The compressed image.
    pub(super) image: PathBuf,
}

/// Fetches a release's kernel, unless one is here.
pub(super) fn fetch(root: &Path, release: &str) -> anyhow::Result<Kernel> {
    let place = machine::target(root).join("vm/kernels").join(release);
    if !place.exists() {
        let lists = Release::get(root, release)?;
        let packages = lists.needs("linux-image-amd64", "linux-image-")?;
        if packages.is_empty() {
            bail!("Debian {release} has no linux-image-amd64");
        }
        // Since Linux 6.17 the image is in a package of its own, linux-binary-*.
        let mut all = Vec::new();
        for package in packages {
            all.extend(lists.needs(&package, "linux-binary-")?);
            all.push(package);
        }
        lists.unpack(&all, &place)?;
        // Hundreds of megabytes, and nothing here needs a module.
        for modules in ["lib/modules", "usr/lib/modules"] {
            let modules = place.join(modules);
            if modules.exists() {
                fs::remove_dir_all(&modules)
                    .with_context(|| format!("cannot remove {}", modules.display()))?;
            }
        }
    }
    let boot = place.join("boot");
    let entries = fs::read_dir(&boot).with_context(|| format!("cannot list {}", boot.display()))?;
    let found = entries.flatten().find_map(|entry| {
        let name = entry.file_name().to_string_lossy().into_owned();
        let version = name.strip_prefix("vmlinuz-")?.to_owned();
        Some(Kernel {
            release: release.to_owned(),
            version,
            image: entry.path(),
        })
    });
    found.with_context(|| format!("no kernel is in {}", boot.display()))
}
