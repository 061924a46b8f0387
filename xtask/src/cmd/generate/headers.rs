//! The header packages: fetched with pip, unpacked, and run through the C preprocessor.
//!
//! Two series of each interface are read, the last release of 12 and one of 13, so that the table has what either has.

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, bail};

use super::parse::{Header, parse};
use crate::step;

/// A package of headers.
pub(super) struct Package {
    /// Its name for pip.
    pub(super) name: &'static str,
    /// Pinned.
    pub(super) version: &'static str,
    /// Where its headers are inside.
    include: &'static str,
    /// Bit of the series (see `Declaration::series`).
    pub(super) series: u8,
}

/// What is read. The 13 series comes first: its spelling wins where both have a name.
pub(super) const PACKAGES: [Package; 4] = [
    Package {
        name: "nvidia-cuda-runtime",
        version: "13.5.37",
        include: "nvidia/cu13/include",
        series: 2,
    },
    Package {
        name: "nvidia-cuda-runtime-cu12",
        version: "12.9.79",
        include: "nvidia/cuda_runtime/include",
        series: 1,
    },
    Package {
        name: "nvidia-nvml-dev",
        version: "13.5.37",
        include: "nvidia/cu13/include",
        series: 2,
    },
    Package {
        name: "nvidia-nvml-dev-cu12",
        version: "12.9.79",
        include: "nvidia/nvml_dev/include",
        series: 1,
    },
];

/// One header of one series.
pub(super) struct Series {
    pub(super) bit: u8,
    pub(super) header: Header,
}

/// Everything that is read.
pub(super) struct Headers {
    /// The driver's functions, every binary version of them.
    pub(super) driver: Vec<Series>,
    /// Its function types by version, for the CUDA version that brought each.
    pub(super) typedefs: Vec<Series>,
    /// The runtime's types.
    pub(super) runtime: Vec<Series>,
    /// NVML's functions, every binary version of them.
    pub(super) nvml: Vec<Series>,
}

impl Package {
    fn place(&self, root: &Path) -> PathBuf {
        root.join(".cache/wheels")
            .join(format!("{}-{}", self.name, self.version))
    }

    /// The folder of its headers.
    pub(super) fn folder(&self, root: &Path) -> PathBuf {
        self.place(root).join(self.include)
    }
}

/// True when all packages are here.
#[cfg(test)]
pub(super) fn present(root: &Path) -> bool {
    PACKAGES.iter().all(|package| package.folder(root).is_dir())
}

/// Fetches and unpacks what is missing.
///
/// # Errors
/// When python3, pip or the network is missing.
pub(super) fn fetch(root: &Path) -> anyhow::Result<()> {
    PACKAGES
        .iter()
        .filter(|package| !package.folder(root).is_dir())
        .try_for_each(|package| unpack(package, root))
}

fn unpack(package: &Package, root: &Path) -> anyhow::Result<()> {
    let place = package.place(root);
    let making = place.with_extension("making");
    if making.exists() {
        fs::remove_dir_all(&making)
            .with_context(|| format!("cannot remove {}", making.display()))?;
    }
    fs::create_dir_all(&making).with_context(|| format!("cannot make {}", making.display()))?;
    let mut pip = Command::new("python3");
    pip.args(["-m", "pip", "download", "--quiet", "--no-deps"])
        .args(["--disable-pip-version-check", "--only-binary=:all:"])
        .args(["--retries", "1", "--timeout", "20"])
        .args(["--platform", "manylinux2014_x86_64", "--dest"])
        .arg(&making)
        .arg(format!("{}=={}", package.name, package.version));
    step::must(
        &format!("fetching {} {} with pip", package.name, package.version),
        "1 to 3 MB",
        &mut pip,
    )?;
    let wheel = fs::read_dir(&making)
        .with_context(|| format!("cannot list {}", making.display()))?
        .filter_map(Result::ok)
        .map(|entry| entry.path())
        .find(|path| path.extension().is_some_and(|end| end == "whl"));
    let Some(wheel) = wheel else {
        bail!(
            "pip left no wheel of {} in {}",
            package.name,
            making.display()
        );
    };
    let mut unzip = Command::new("python3");
    unzip.args(["-m", "zipfile", "-e"]).arg(&wheel).arg(&making);
    step::must(
        &format!("unpacking {}", package.name),
        "seconds",
        &mut unzip,
    )?;
    if !making.join(package.include).is_dir() {
        bail!(
            "{} {} has no {}",
            package.name,
            package.version,
            package.include
        );
    }
    fs::rename(&making, &place).with_context(|| format!("cannot make {}", place.display()))
}

/// Reads the headers.
///
/// # Errors
/// When the C preprocessor is missing or refuses a header.
pub(super) fn read(root: &Path) -> anyhow::Result<Headers> {
    let of = |package: &'static str, header: &str| -> anyhow::Result<Vec<Series>> {
        PACKAGES
            .iter()
            .filter(|known| known.name.starts_with(package))
            .map(|known| {
                let text = preprocess(root, known, header)?;
                let header = parse(&text);
                let bit = known.series;
                Ok(Series { bit, header })
            })
            .collect()
    };
    Ok(Headers {
        driver: of("nvidia-cuda-runtime", "cuda.h")?,
        typedefs: of("nvidia-cuda-runtime", "cudaTypedefs.h")?,
        runtime: of("nvidia-cuda-runtime", "driver_types.h")?,
        nvml: of("nvidia-nvml-dev", "nvml.h")?,
    })
}

fn preprocess(root: &Path, package: &Package, header: &str) -> anyhow::Result<String> {
    let folder = package.folder(root);
    let output = Command::new("gcc")
        .args(["-E", "-P", "-x", "c"])
        // Every binary version of a name, and not only the one that programs built now get.
        .args([
            "-D__CUDA_API_VERSION_INTERNAL",
            "-DNVML_NO_UNVERSIONED_FUNC_DEFS",
        ])
        .arg("-I")
        .arg(stand_in(root)?)
        .arg("-I")
        .arg(&folder)
        .arg(folder.join(header))
        .output()
        .context("gen needs gcc")?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        bail!(
            "gcc cannot read {header} of {}: {}",
            package.name,
            said.trim()
        );
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Stands in for the header of compiler attributes, which lies in another package and declares nothing.
const ATTRIBUTES: &str = "\
#define __device_builtin__
#define __align__(n) __attribute__((aligned(n)))
#define __builtin_align__(n) __attribute__((aligned(n)))
";

/// The folder of the stand-in header. A compiler may be reading it, so it is written once and never in part.
///
/// # Errors
/// When it cannot be written.
pub(super) fn stand_in(root: &Path) -> anyhow::Result<PathBuf> {
    let folder = root.join(".cache/wheels/stand-in");
    let place = folder.join("crt/host_defines.h");
    if fs::read(&place).is_ok_and(|there| there == ATTRIBUTES.as_bytes()) {
        return Ok(folder);
    }
    let write = || {
        fs::create_dir_all(folder.join("crt"))?;
        let mut making = tempfile::NamedTempFile::new_in(&folder)?;
        making.write_all(ATTRIBUTES.as_bytes())?;
        making.persist(&place)?;
        io::Result::Ok(())
    };
    write().with_context(|| format!("cannot write {}", place.display()))?;
    Ok(folder)
}
