//! A kernel of a Debian release: the newest that its package `linux-image-amd64` stands for.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, bail};

use crate::debian::Release;
use crate::{machine, step};

/// What a kernel needs to see this system's files, and to mount images; some are built in, some are not there before or after a
/// release.
const MODULES: [&str; 13] = [
    "9p",
    "9pnet",
    "9pnet_virtio",
    "fscache",
    "loop",
    "netfs",
    "overlay",
    "squashfs",
    "virtio",
    "virtio_pci",
    "virtio_pci_legacy_dev",
    "virtio_pci_modern_dev",
    "virtio_ring",
];

/// A kernel to boot.
pub(super) struct Kernel {
    /// The release it is from.
    pub(super) release: String,
    /// As `uname -r` says.
    pub(super) version: String,
    /// The compressed image.
    pub(super) image: PathBuf,
    /// Folder of the [`MODULES`] that it has.
    pub(super) modules: PathBuf,
}

/// Fetches a release's kernel, unless one with these modules is here.
pub(super) fn fetch(root: &Path, release: &str) -> anyhow::Result<Kernel> {
    let place = machine::target(root).join("vm/kernels").join(release);
    // What was kept when it was fetched.
    let (list, wanted) = (place.join("kept"), MODULES.join("\n"));
    let kept = fs::read_to_string(&list).is_ok_and(|kept| kept == wanted);
    if !kept {
        if place.exists() {
            fs::remove_dir_all(&place)
                .with_context(|| format!("cannot remove {}", place.display()))?;
        }
        let lists = Release::get(root, release)?;
        let packages = lists.needs("linux-image-amd64", "linux-image-")?;
        if packages.is_empty() {
            bail!("Debian {release} has no linux-image-amd64");
        }
        // Since Linux 6.17 the image and the modules are in packages of their own.
        let mut all = Vec::new();
        for package in packages {
            for part in ["linux-binary-", "linux-modules-"] {
                all.extend(lists.needs(&package, part)?);
            }
            all.push(package);
        }
        lists.unpack(&all, &place)?;
        // Hundreds of megabytes.
        for modules in ["lib/modules", "usr/lib/modules"] {
            let modules = place.join(modules);
            if modules.exists() {
                keep(&modules, &place)?;
                fs::remove_dir_all(&modules)
                    .with_context(|| format!("cannot remove {}", modules.display()))?;
            }
        }
        fs::write(&list, wanted).with_context(|| format!("cannot write {}", list.display()))?;
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
            modules: place.join("modules"),
        })
    });
    found.with_context(|| format!("no kernel is in {}", boot.display()))
}

/// Copies the [`MODULES`] out of a tree, unpacked, and the image, which newer packages have beside them.
fn keep(tree: &Path, place: &Path) -> anyhow::Result<()> {
    let (modules, boot) = (place.join("modules"), place.join("boot"));
    for folder in [&modules, &boot] {
        fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    }
    let mut left = vec![tree.to_owned()];
    while let Some(next) = left.pop() {
        let entries =
            fs::read_dir(&next).with_context(|| format!("cannot list {}", next.display()))?;
        for entry in entries.flatten() {
            let path = entry.path();
            if path.is_dir() && !path.is_symlink() {
                left.push(path);
                continue;
            }
            let name = entry.file_name().to_string_lossy().into_owned();
            let version = next.file_name().unwrap_or_default().to_string_lossy();
            let copy = match name.split_once(".ko") {
                Some((module, _)) if MODULES.contains(&module) => modules.join(&name),
                None if name == "vmlinuz" => boot.join(format!("vmlinuz-{version}")),
                _ => continue,
            };
            fs::copy(&path, &copy).with_context(|| format!("cannot copy {}", path.display()))?;
            if name.ends_with(".xz") {
                let mut unpack = Command::new("xz");
                step::must("unpacking a module", "seconds", unpack.arg("-d").arg(&copy))?;
            }
        }
    }
    Ok(())
}
