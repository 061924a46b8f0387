//! Real parts: the prebuilt ggml loader and CUDA backend of llama.cpp b10361, as the npm packages of node-llama-cpp
//! 3.20.0 ship them. Fetched once into `.cache/npm` of the workspace; about 140 MB.

pub mod pretend;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, PoisonError};

use crate::gate;

/// One release for loader and backend: their interface changes without notice.
const RELEASE: &str = "3.20.0";
/// The packages by name, with the sha512 of their archives.
const PACKS: [(&str, &str); 2] = [
    (
        "linux-x64",
        "cc24937799b8303acb5b3814bcebee186cc79bd0e210e359b7eb2b8076215783\
         e9bbf4f94cbde410d8fb94763572641c70a3607a90018b26fd29c8a08d96ef49",
    ),
    (
        "linux-x64-cuda",
        "5d61868f5da72bcd8d5a3bb9f87e6bfdbd0063916fff31591dd070a81f891322\
         d2cb3786107ec773c3fa6d706173135b19d09677ac04c7f11d6793d226b9fbf5",
    ),
];
/// One fetch at a time.
static FETCH: Mutex<()> = Mutex::new(());

/// Where the parts lie, unpacked.
#[derive(Clone, Debug)]
pub struct Parts {
    loader: PathBuf,
    cuda: PathBuf,
}

/// The parts, or a skip by name when they are not here and cannot be fetched, also in CI.
#[must_use]
pub fn parts(test: &str) -> Option<Parts> {
    match fetched() {
        Ok(parts) => Some(parts),
        Err(why) => {
            gate::skip(test, &why);
            None
        }
    }
}

fn fetched() -> Result<Parts, String> {
    let _one = FETCH.lock().unwrap_or_else(PoisonError::into_inner);
    let [loader, cuda] =
        PACKS.map(|(name, sum)| unpacked(name, sum).map(|folder| folder.join("bins").join(name)));
    Ok(Parts {
        loader: loader?,
        cuda: cuda?,
    })
}

/// The folder of a package, fetched when it is not there.
fn unpacked(name: &str, sha512: &str) -> Result<PathBuf, String> {
    let cache = crate::workspace().join(".cache/npm");
    let place = cache.join(format!("{name}-{RELEASE}"));
    if place.join("package.json").is_file() {
        return Ok(place);
    }
    let say = |error: std::io::Error| format!("{}: {error}", cache.display());
    fs::create_dir_all(&cache).map_err(say)?;
    let beside = tempfile::tempdir_in(&cache).map_err(say)?;
    quiet(
        Command::new("npm")
            .args([
                "pack",
                "--silent",
                "--fetch-retries=1",
                "--fetch-timeout=240000",
            ])
            .arg(format!("@node-llama-cpp/{name}@{RELEASE}"))
            .current_dir(beside.path()),
    )?;
    let archive = format!("node-llama-cpp-{name}-{RELEASE}.tgz");
    let sum = Command::new("sha512sum")
        .arg(&archive)
        .current_dir(beside.path())
        .output();
    let sum = sum.map_err(say)?.stdout;
    if !String::from_utf8_lossy(&sum).starts_with(sha512) {
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

fn libraries(folder: &Path) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = fs::read_dir(folder)
        .into_iter()
        .flatten()
        .filter_map(|entry| entry.ok().map(|entry| entry.path()))
        .filter(|path| path.extension().is_some_and(|extension| extension == "so"))
        .collect();
    files.sort();
    files
}

fn name_of(path: &Path) -> String {
    path.file_name()
        .map_or_else(String::new, |name| name.to_string_lossy().into_owned())
}

/// A hard link, or a copy where the folder is on another file system.
#[track_caller]
fn place(from: &Path, to: &Path) {
    if fs::hard_link(from, to).is_err() {
        crate::libraries::copy(from, to);
    }
}
