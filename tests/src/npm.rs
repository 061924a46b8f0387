//! Real parts: the prebuilt ggml loader and CUDA backend of two releases of llama.cpp, as the npm packages of
//! node-llama-cpp ship them. Fetched once into `.cache/npm` of the workspace; about 140 MB each with CUDA.

pub mod pretend;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, PoisonError};

use crate::gate;

/// A release of llama.cpp: loader and backend are always of one, their interface changes without notice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Release {
    /// For CUDA 12, as in a folder `cuda_v12`; the others are for CUDA 13.
    B6122,
    /// Its loader looks for 13 kinds of backends, as Ollama's of 0.16.3 does.
    B7347,
    /// Its loader looks for 15 kinds, as the one beside Ollama 0.32.8 does.
    B10361,
}

/// What a package holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Pack {
    /// The loader and the CPU backends.
    Loader,
    /// The CUDA backend.
    Cuda,
}

impl Release {
    /// The release of the packages.
    const fn number(self) -> &'static str {
        match self {
            Self::B6122 => "3.12.0",
            Self::B7347 => "3.14.5",
            Self::B10361 => "3.20.0",
        }
    }

    /// The sha512 of a package's archive.
    const fn sum(self, pack: Pack) -> &'static str {
        match (self, pack) {
            (Self::B6122, Pack::Loader) => {
                "e45623d5b8d6e3912517d2fa3cc592e8b0b122d656ac7ce5f81aca4f123e1e8a\
                 ea52763a3c9d8ec597de192bdf2d8884bac4b1f7bdca712b3e71c26b36630edb"
            }
            (Self::B6122, Pack::Cuda) => {
                "d00d80c7b1549bc31d84534687fce96e183e2dc11632f2f720b676d4e95117c6\
                 26e2201cbd75b8d6b795bac0247965cac046e1cfbae7cb522ddef3343c47d9dd"
            }
            (Self::B7347, Pack::Loader) => {
                "7fac42aa54aa4b130ff48c26dc2a5a4f31726db1ebce92e4373035f2fdb53f08\
                 4c37cbb80cfe387ae2e8c5ef8131b3a9cb3c7888cc54d4052c3ec81c1c3d58e3"
            }
            (Self::B7347, Pack::Cuda) => {
                "ca4d041a7009fa6fe9692688b62826c5ca82f27363665931f72660404e750ac4\
                 e2a7bb669eaaa58fad295b57d69a1ae3389f579d19555533fcd5f6bd07e3b51e"
            }
            (Self::B10361, Pack::Loader) => {
                "cc24937799b8303acb5b3814bcebee186cc79bd0e210e359b7eb2b8076215783\
                 e9bbf4f94cbde410d8fb94763572641c70a3607a90018b26fd29c8a08d96ef49"
            }
            (Self::B10361, Pack::Cuda) => {
                "5d61868f5da72bcd8d5a3bb9f87e6bfdbd0063916fff31591dd070a81f891322\
                 d2cb3786107ec773c3fa6d706173135b19d09677ac04c7f11d6793d226b9fbf5"
            }
        }
    }
}

impl Pack {
    /// The package's name without its scope.
    const fn name(self) -> &'static str {
        match self {
            Self::Loader => "linux-x64",
            Self::Cuda => "linux-x64-cuda",
        }
    }
}

/// One fetch at a time.
static FETCH: Mutex<()> = Mutex::new(());

/// Where the parts lie, unpacked.
#[derive(Clone, Debug)]
pub struct Parts {
    loader: PathBuf,
    cuda: PathBuf,
}

/// The parts of b10361, or a skip by name when they are not here and cannot be fetched, also in CI.
#[must_use]
pub fn parts(test: &str) -> Option<Parts> {
    Some(Parts {
        loader: loader(test, Release::B10361)?,
        cuda: folder(test, Release::B10361, Pack::Cuda)?,
    })
}

/// The folder with loader and CPU backends of a release, or a skip by name.
#[must_use]
pub fn loader(test: &str, release: Release) -> Option<PathBuf> {
    folder(test, release, Pack::Loader)
}

/// The real CUDA backend of a release, or a skip by name. Its own `libggml-base.so` lies beside it.
#[must_use]
pub fn cuda_backend(test: &str, release: Release) -> Option<PathBuf> {
    Some(folder(test, release, Pack::Cuda)?.join("libggml-cuda.so"))
}

fn folder(test: &str, release: Release, pack: Pack) -> Option<PathBuf> {
    let _one = FETCH.lock().unwrap_or_else(PoisonError::into_inner);
    match unpacked(release, pack) {
        Ok(folder) => Some(folder.join("bins").join(pack.name())),
        Err(why) => {
            gate::skip(test, &why);
            None
        }
    }
}

/// The folder of a package, fetched when it is not there.
fn unpacked(release: Release, pack: Pack) -> Result<PathBuf, String> {
    let (name, number) = (pack.name(), release.number());
    let cache = crate::workspace().join(".cache/npm");
    let place = cache.join(format!("{name}-{number}"));
    if place.join("package.json").is_file() {
        return Ok(place);
    }
    let say = |error: std::io::Error| format!("{}: {error}", cache.display());
    fs::create_dir_all(&cache).map_err(say)?;
    let beside = tempfile::tempdir_in(&cache).map_err(say)?;
    let options = [
        "pack",
        "--silent",
        "--fetch-retries=1",
        "--fetch-timeout=240000",
    ];
    quiet(
        Command::new("npm")
            .args(options)
            .arg(format!("@node-llama-cpp/{name}@{number}"))
            .current_dir(beside.path()),
    )?;
    let archive = format!("node-llama-cpp-{name}-{number}.tgz");
    let sum = Command::new("sha512sum")
        .arg(&archive)
        .current_dir(beside.path())
        .output();
    let sum = sum.map_err(say)?.stdout;
    if !String::from_utf8_lossy(&sum).starts_with(release.sum(pack)) {
        return Err(format!("{archive} is not the package that is pinned"));
    }
    quiet(
        Command::new("tar")
            .args(["xzf", &archive])
            .current_dir(beside.path()),
    )?;
    match fs::rename(beside.path().join("package"), &place) {
        Err(error) if !place.join("package.json").is_file() => Err(say(error)),
        _ => Ok(place),
    }
}

fn quiet(command: &mut Command) -> Result<(), String> {
    let ran = command
        .output()
        .map_err(|error| format!("{command:?}: {error}"))?;
    if ran.status.success() {
        return Ok(());
    }
    let words = String::from_utf8_lossy(&ran.stderr);
    let last = words
        .lines()
        .rfind(|line| !line.trim().is_empty())
        .unwrap_or("no word");
    Err(format!("{command:?} ended with {}: {last}", ran.status))
}

impl Parts {
    /// Puts loader, CPU backends and CUDA backend into a folder as links to the cache. Returns the loader's path.
    ///
    /// # Panics
    /// When that fails.
    #[must_use]
    #[track_caller]
    pub fn lay_out(&self, folder: &Path) -> PathBuf {
        let mut loader = None;
        for file in libraries(&self.loader) {
            let name = name_of(&file);
            if name.starts_with("libggml.") {
                loader = Some(folder.join(&name));
            }
            if name.starts_with("libggml") {
                place(&file, &folder.join(name));
            }
        }
        place(&self.backend(), &folder.join("libggml-cuda.so"));
        loader.unwrap_or_else(|| panic!("no libggml.*.so in {}", self.loader.display()))
    }

    /// The real CUDA backend.
    #[must_use]
    pub fn backend(&self) -> PathBuf {
        self.cuda.join("libggml-cuda.so")
    }
}

pub(crate) fn libraries(folder: &Path) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = fs::read_dir(folder)
        .into_iter()
        .flatten()
        .filter_map(|entry| entry.ok().map(|entry| entry.path()))
        .filter(|path| path.extension().is_some_and(|extension| extension == "so"))
        .collect();
    files.sort();
    files
}

pub(crate) fn name_of(path: &Path) -> String {
    path.file_name()
        .map_or_else(String::new, |name| name.to_string_lossy().into_owned())
}

/// A hard link, or a copy where the folder is on another file system.
#[track_caller]
pub(crate) fn place(from: &Path, to: &Path) {
    if let Err(why) = crate::libraries::link(from, to) {
        panic!("{why}");
    }
}
