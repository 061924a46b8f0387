//! vgpu.toml: what the machine has and how it fails. Where nothing is configured, VGPU-STUB devices count, and without
//! those one H100.

mod file;

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::code::Code;
use crate::device::Device;
use crate::fault::Fault;
use crate::{pci, ready};

/// All that is configured.
#[derive(Debug)]
pub struct Machine {
    /// What `cuDriverGetVersion` says: 1000 * major + 10 * minor.
    pub cuda: i32,
    /// The driver's own version, as NVML gives it.
    pub driver: String,
    /// What happens to launches.
    pub launches: Launches,
    /// The devices, in the driver's order.
    pub devices: Vec<Device>,
    /// Rules of failure.
    pub faults: Vec<Fault>,
    /// When the devices fall off the bus.
    pub lost: Option<Lost>,
}

/// What happens to launches of kernels on this side, which has no GPU.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Launches {
    /// They are not supported, and say so.
    Refuse,
    /// They are noted and nothing is computed.
    Record,
}

/// From some time on every call fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lost {
    /// After the first cuInit.
    pub after: Duration,
    /// With this result.
    pub code: Code,
}

/// Why a configuration cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A file that was named cannot be read.
    #[error("cannot read {}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// It is no TOML, or holds what it must not.
    #[error("{origin} cannot be used: {reason}")]
    Content {
        /// Which file or ready-made fault.
        origin: String,
        /// What is wrong, with the place.
        reason: String,
    },
    /// No ready-made fault of this name.
    #[error("there is no ready-made fault {0:?}")]
    NoSuchFault(String),
}

/// The environment, handed in.
pub type Environment<'a> = &'a dyn Fn(&str) -> Option<OsString>;

impl Machine {
    /// What applies to this process: the files of [`find`], then the ready-made faults of `VGPU_FAULT` (names with commas
    /// between them) over it, with the devices of `VGPU_SYSFS` or `/sys`.
    ///
    /// # Errors
    /// A file that cannot be read or understood, or an unknown fault.
    pub fn load(environment: Environment<'_>) -> Result<Self, Error> {
        let mut texts = Vec::new();
        for path in find(environment) {
            let text = fs::read_to_string(&path).map_err(|source| Error::Read {
                path: path.clone(),
                source,
            })?;
            texts.push((path.display().to_string(), text));
        }
        let wanted = environment("VGPU_FAULT").unwrap_or_default();
        for name in wanted
            .to_string_lossy()
            .split(',')
            .filter(|name| !name.is_empty())
        {
            let fault = ready::by_name(name).ok_or_else(|| Error::NoSuchFault(name.to_owned()))?;
            texts.push((format!("fault {name}"), fault.config().to_owned()));
        }
        let sysfs = environment("VGPU_SYSFS").map_or_else(|| PathBuf::from("/sys"), PathBuf::from);
        let texts: Vec<(&str, &str)> = texts
            .iter()
            .map(|(origin, text)| (origin.as_str(), text.as_str()))
            .collect();
        Self::parse(&texts, &sysfs)
    }

    /// Reads texts, each with its name for messages; later ones count over earlier ones, and their rules come first.
    ///
    /// # Errors
    /// A text that cannot be understood.
    pub fn parse(texts: &[(&str, &str)], sysfs: &Path) -> Result<Self, Error> {
        file::machine(texts, &pci::stubs(sysfs))
    }
}

/// The files: those of `VGPU_CONFIG`, with `:` between them, later ones over earlier ones, which must be there; else the first that is
/// there of `$XDG_CONFIG_HOME/vgputrace/vgpu.toml` (`~/.config` where that is not set) and `/etc/vgputrace/vgpu.toml`.
#[must_use]
pub fn find(environment: Environment<'_>) -> Vec<PathBuf> {
    let set = |name: &str| environment(name).filter(|value| !value.is_empty());
    if let Some(list) = set("VGPU_CONFIG") {
        return std::env::split_paths(&list)
            .filter(|path| !path.as_os_str().is_empty())
            .collect();
    }
    let of_user = set("XDG_CONFIG_HOME")
        .map(PathBuf::from)
        .or_else(|| Some(PathBuf::from(set("HOME")?).join(".config")));
    of_user
        .into_iter()
        .chain([PathBuf::from("/etc")])
        .map(|folder| folder.join("vgputrace/vgpu.toml"))
        .find(|path| path.is_file())
        .into_iter()
        .collect()
}

#[cfg(test)]
mod tests;
