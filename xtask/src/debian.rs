//! Packages of another Debian release, unpacked into a folder and never installed: an older C library for tests, kernels
//! for `vm`.
//!
//! apt-get does the work with lists, cache and sources of its own, so that this system's stay as they are; it checks the
//! signatures. Needs the network once; afterwards what is there is taken.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, bail};

use crate::{machine, step};

/// Roots with other C libraries than this system's, and what is in them.
const ROOTS: [(&str, &[&str]); 2] = [
    // glibc 2.31: `dlopen` is in libdl.so.2 (it moved in 2.34). With a shell to run, and all to compile for it.
    (
        "bullseye",
        &[
            "libc6",
            "libc6-dev",
            "linux-libc-dev",
            "libgcc-s1",
            "libcrypt1",
            "dash",
            "coreutils",
            "libacl1",
            "libattr1",
            "libselinux1",
            "libpcre2-8-0",
        ],
    ),
    // glibc 2.41: errors are signalled in ld.so alone (since 2.39).
    ("trixie", &["libc6", "libgcc-s1"]),
];
const KEYRING: &str = "/usr/share/keyrings/debian-archive-keyring.gpg";

/// Folders to chroot into, `target/debian/RELEASE`, each with the C library of another release.
///
/// # Errors
/// One sentence when there is no apt-get, no network, or a package cannot be unpacked.
pub(crate) fn roots(root: &Path) -> anyhow::Result<()> {
    for (name, packages) in ROOTS {
        let place = machine::target(root).join("debian").join(name);
        if place.exists() {
            continue;
        }
        let release = Release::get(root, name)?;
        release.unpack(packages, &place)?;
        for (link, target) in [
            ("bin/sh", "dash"),
            ("lib", "usr/lib"),
            ("lib64", "usr/lib64"),
            ("bin", "usr/bin"),
        ] {
            let link = place.join(link);
            let made = match link.parent().is_some_and(Path::exists) && !link.exists() {
                true => std::os::unix::fs::symlink(target, &link),
                false => Ok(()),
            };
            made.with_context(|| format!("cannot make {}", link.display()))?;
        }
    }
    Ok(())
}

/// The root with the oldest C library, development files included.
pub(crate) fn oldest(root: &Path) -> PathBuf {
    let (name, _) = ROOTS[0];
    machine::target(root).join("debian").join(name)
}

/// The package lists of one release.
pub(crate) struct Release {
    name: String,
    folder: PathBuf,
}

impl Release {
    /// Fetches the lists of a release.
    ///
    /// # Errors
    /// One sentence when there is no apt-get or no network.
    pub(crate) fn get(root: &Path, name: &str) -> anyhow::Result<Self> {
        if machine::program("apt-get").is_none() || !Path::new(KEYRING).exists() {
            bail!("packages of Debian {name} need apt-get and the keyring {KEYRING}");
        }
        let folder = machine::target(root).join("debian/apt").join(name);
        for inside in ["lists/partial", "cache/archives/partial"] {
            let inside = folder.join(inside);
            fs::create_dir_all(&inside)
                .with_context(|| format!("cannot make {}", inside.display()))?;
        }
        let mirror = mirror()?;
        let source = format!("deb [arch=amd64 signed-by={KEYRING}] {mirror} {name} main\n");
        for (file, text) in [("sources.list", source.as_str()), ("status", "")] {
            let file = folder.join(file);
            fs::write(&file, text).with_context(|| format!("cannot write {}", file.display()))?;
        }
        let release = Self {
            name: name.to_owned(),
            folder,
        };
        step::must(
            &format!("package lists of Debian {name}"),
            "seconds",
            release.apt("apt-get").args(["update", "-q"]),
        )?;
        Ok(release)
    }

    /// One of apt's programs, on these lists.
    fn apt(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        let at = |name: &str| self.folder.join(name).display().to_string();
        for option in [
            format!("Dir::State::lists={}", at("lists")),
            format!("Dir::State::status={}", at("status")),
            format!("Dir::Cache={}", at("cache")),
            format!("Dir::Etc::SourceList={}", at("sources.list")),
            "Dir::Etc::SourceParts=/dev/null".to_owned(),
            "APT::Architecture=amd64".to_owned(),
            "APT::Sandbox::User=root".to_owned(),
        ] {
            command.args(["-o", &option]);
        }
        command
    }

    /// The packages that a package needs by name, those that match `start` only.
    ///
    /// # Errors
    /// apt-cache cannot be run.
    pub(crate) fn needs(&self, package: &str, start: &str) -> anyhow::Result<Vec<String>> {
        let said = self
            .apt("apt-cache")
            .args(["depends", "--important", package])
            .output()
            .context("cannot start apt-cache")?;
        let text = String::from_utf8_lossy(&said.stdout).into_owned();
        let names = text
            .lines()
            .filter_map(|line| line.trim().strip_prefix("Depends: "));
        Ok(names
            .filter(|name| name.starts_with(start))
            .map(str::to_owned)
            .collect())
    }

    /// Fetches packages and unpacks their files into `place`, without running any of their scripts.
    ///
    /// # Errors
    /// One sentence: a package is not there, or the folder cannot be written.
    pub(crate) fn unpack(&self, packages: &[impl AsRef<str>], place: &Path) -> anyhow::Result<()> {
        let name = &self.name;
        let fetched = self.folder.join("packages");
        fs::create_dir_all(&fetched)
            .with_context(|| format!("cannot make {}", fetched.display()))?;
        let mut fetch = self.apt("apt-get");
        fetch.args(["download", "-q"]).current_dir(&fetched);
        fetch.args(packages.iter().map(AsRef::as_ref));
        step::must(
            &format!("packages of Debian {name}"),
            "seconds to a minute",
            &mut fetch,
        )?;
        let making = place.with_extension("making");
        if making.exists() {
            fs::remove_dir_all(&making)
                .with_context(|| format!("cannot remove {}", making.display()))?;
        }
        fs::create_dir_all(&making).with_context(|| format!("cannot make {}", making.display()))?;
        let entries =
            fs::read_dir(&fetched).with_context(|| format!("cannot list {}", fetched.display()))?;
        for package in entries.flatten() {
            let mut unpack = Command::new("dpkg-deb");
            unpack.arg("-x").arg(package.path()).arg(&making);
            step::must("unpacking", "seconds", &mut unpack)?;
        }
        stay_inside(&making, Path::new(""))
            .with_context(|| format!("cannot change the links in {}", making.display()))?;
        fs::remove_dir_all(&fetched)
            .with_context(|| format!("cannot remove {}", fetched.display()))?;
        fs::rename(&making, place).with_context(|| format!("cannot make {}", place.display()))
    }
}

/// The mirror that this system takes its own packages from.
fn mirror() -> anyhow::Result<String> {
    let said = Command::new("apt-get")
        .args([
            "indextargets",
            "--format",
            "$(REPO_URI) $(LABEL)",
            "Created-By: Packages",
        ])
        .output()
        .context("cannot start apt-get")?;
    let text = String::from_utf8_lossy(&said.stdout).into_owned();
    let found = text.lines().find_map(|line| line.strip_suffix(" Debian"));
    let found = found.context("apt-get knows no mirror of Debian here (after 'apt-get update')")?;
    Ok(found.to_owned())
}

/// Makes absolute links below `root` relative: seen from outside they would lead to this system's files. `inside` is the folder
/// to look into.
fn stay_inside(root: &Path, inside: &Path) -> std::io::Result<()> {
    for entry in fs::read_dir(root.join(inside))? {
        let path = inside.join(entry?.file_name());
        let place = root.join(&path);
        if !place.is_symlink() {
            if place.is_dir() {
                stay_inside(root, &path)?;
            }
            continue;
        }
        if let Ok(below) = fs::read_link(&place)?.strip_prefix("/") {
            let up: PathBuf = inside.components().map(|_| "..").collect();
            fs::remove_file(&place)?;
            std::os::unix::fs::symlink(up.join(below), &place)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use super::stay_inside;

    #[test]
    fn an_absolute_link_leads_to_a_file_of_its_own_root() {
        let root = std::env::temp_dir().join(format!("vgputrace-links-{}", std::process::id()));
        fs::create_dir_all(root.join("usr/lib")).unwrap();
        fs::create_dir_all(root.join("lib")).unwrap();
        fs::write(root.join("lib/one.so.1"), "inside").unwrap();
        let (absolute, relative) = (root.join("usr/lib/one.so"), root.join("lib/one.so"));
        std::os::unix::fs::symlink("/lib/one.so.1", &absolute).unwrap();
        std::os::unix::fs::symlink("one.so.1", &relative).unwrap();
        stay_inside(&root, Path::new("")).unwrap();
        assert_eq!(fs::read_to_string(&absolute).unwrap(), "inside");
        assert_eq!(fs::read_link(&relative).unwrap(), Path::new("one.so.1"));
        fs::remove_dir_all(&root).unwrap();
    }
}
