//! NVIDIA's runtime and its headers, as its project publishes them for pip: what our own libraries are compared with. Fetched once into
//! `.cache/wheels` of the workspace, where `cargo xtask gen` has them too; nothing of them is linked, changed or shipped.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, PoisonError};

use crate::gate;
use crate::runtime_tier::Series;

/// One fetch at a time.
static FETCH: Mutex<()> = Mutex::new(());

impl Series {
    /// Package, pinned version, and where its files are inside.
    const fn package(self) -> (&'static str, &'static str, &'static str) {
        match self {
            Self::Twelve => ("nvidia-cuda-runtime-cu12", "12.9.79", "nvidia/cuda_runtime"),
            Self::Thirteen => ("nvidia-cuda-runtime", "13.5.37", "nvidia/cu13"),
        }
    }
}

/// NVIDIA's runtime of a series.
#[derive(Clone, Debug)]
pub struct Original {
    folder: PathBuf,
    series: Series,
}

impl Original {
    /// The folder with `cuda.h` and `driver_types.h`.
    #[must_use]
    pub fn headers(&self) -> PathBuf {
        self.folder.join("include")
    }

    /// The library.
    #[must_use]
    pub fn library(&self) -> PathBuf {
        let name = self.series.soname("cudart");
        self.folder.join("lib").join(name)
    }
}

/// NVIDIA's runtime of a series, or a skip by name when it is not here and cannot be fetched, also in CI.
#[must_use]
pub fn original(test: &str, series: Series) -> Option<Original> {
    let _one = FETCH.lock().unwrap_or_else(PoisonError::into_inner);
    match unpacked(series) {
        Ok(folder) => Some(Original { folder, series }),
        Err(why) => {
            gate::skip(test, &why);
            None
        }
    }
}

/// The folder of NVML's Python bindings, or a skip by name when they are not here and cannot be fetched, also in CI.
#[must_use]
pub fn pynvml(test: &str) -> Option<PathBuf> {
    let _one = FETCH.lock().unwrap_or_else(PoisonError::into_inner);
    match wheel(("nvidia-ml-py", "13.580.82", ""), "pynvml.py") {
        Ok(folder) => Some(folder),
        Err(why) => {
            gate::skip(test, &why);
            None
        }
    }
}

fn unpacked(series: Series) -> Result<PathBuf, String> {
    wheel(series.package(), "include/driver_types.h")
}

/// A package's folder, fetched when its mark is not there.
fn wheel(package: (&str, &str, &str), mark: &str) -> Result<PathBuf, String> {
    let (name, version, inside) = package;
    let cache = crate::workspace().join(".cache/wheels");
    let place = cache.join(format!("{name}-{version}"));
    let folder = place.join(inside);
    if folder.join(mark).is_file() {
        return Ok(folder);
    }
    let say = |error: std::io::Error| format!("{}: {error}", cache.display());
    fs::create_dir_all(&cache).map_err(say)?;
    let beside = tempfile::tempdir_in(&cache).map_err(say)?;
    python(
        beside.path(),
        &[
            "-m",
            "pip",
            "download",
            "--quiet",
            "--no-deps",
            "--disable-pip-version-check",
            "--only-binary=:all:",
            "--retries=1",
            "--timeout=20",
            "--platform=manylinux2014_x86_64",
            "--dest=.",
            &format!("{name}=={version}"),
        ],
    )?;
    let mut files = fs::read_dir(beside.path()).map_err(say)?.flatten();
    let wheel = files.next().ok_or("pip left no file")?.path();
    let wheel = wheel.display().to_string();
    python(beside.path(), &["-m", "zipfile", "-e", &wheel, "whole"])?;
    match fs::rename(beside.path().join("whole"), &place) {
        Err(error) if !folder.is_dir() => Err(say(error)),
        _ => Ok(folder),
    }
}

fn python(folder: &Path, arguments: &[&str]) -> Result<(), String> {
    let ran = Command::new("python3")
        .args(arguments)
        .current_dir(folder)
        .output()
        .map_err(|error| format!("python3: {error}"))?;
    if ran.status.success() {
        return Ok(());
    }
    let words = String::from_utf8_lossy(&ran.stderr);
    let last = words.lines().last().unwrap_or("no word");
    Err(format!("python3 {}: {last}", arguments.join(" ")))
}
