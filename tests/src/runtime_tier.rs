//! The shim's own runtime (libcudart, libcublas, libcublasLt of both series) for tests: where the builds are, a folder in which programs
//! find them, and what nm and readelf say of them.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::SystemTime;

use tempfile::TempDir;

use crate::programs::library;
use crate::{Target, gate, open_folder};

/// A series of CUDA.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Series {
    /// CUDA 12.
    Twelve,
    /// CUDA 13.
    Thirteen,
}

/// The libraries, by the middle of their name.
pub const LIBRARIES: [&str; 3] = ["cudart", "cublas", "cublasLt"];

impl Series {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Twelve, Self::Thirteen];

    /// Its number.
    #[must_use]
    pub const fn number(self) -> u32 {
        match self {
            Self::Twelve => 12,
            Self::Thirteen => 13,
        }
    }

    /// The name programs ask the loader for.
    #[must_use]
    pub fn soname(self, library: &str) -> String {
        format!("lib{library}.so.{}", self.number())
    }

    /// The newest build of a library.
    #[must_use]
    pub fn newest(self, library: &str) -> Option<PathBuf> {
        newest(&self.file(library))
    }

    /// The name that cargo gives a library.
    fn file(self, library: &str) -> String {
        format!("lib{}{}.so", library.to_lowercase(), self.number())
    }

    /// The newest build of a library, or a skip by name when there is none.
    ///
    /// # Panics
    /// In CI, when there is none.
    #[must_use]
    pub fn built(self, test: &str, library: &str) -> Option<PathBuf> {
        let newest = self.newest(library);
        if newest.is_none() {
            let file = self.file(library);
            gate::missing(
                test,
                &format!("{file} is not built: 'cargo build' makes it"),
            );
        }
        newest
    }

    /// Every name that NVIDIA's library of the series exports, as the repository has it.
    ///
    /// # Panics
    /// When the list cannot be read.
    #[must_use]
    #[track_caller]
    pub fn names(self, library: &str) -> BTreeSet<String> {
        let folder = if library == "cudart" {
            "cudart"
        } else {
            "cublas"
        };
        let file = format!("shim/{folder}/names/{}.txt", self.soname(library));
        read(&crate::workspace().join(file))
            .lines()
            .map(str::to_owned)
            .collect()
    }
}

/// What lies below the runtime.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Driver {
    /// The shim's own.
    Shim,
    /// One whose device memory is apart from the host's (`programs/lib/apart_driver.c`).
    Apart,
}

impl Driver {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Shim, Self::Apart];

    /// Its file, or a skip by name.
    ///
    /// # Panics
    /// In CI, when it is not built.
    #[must_use]
    pub fn file(self, test: &str) -> Option<PathBuf> {
        if self == Self::Apart {
            let flags = ["-Wl,-soname,libcuda.so.1"];
            return Some(library("apart_driver", "libcuda.so.1", &flags));
        }
        let built = newest("libvgpu_cuda.so");
        if built.is_none() {
            gate::missing(test, "libvgpu_cuda.so is not built: 'cargo build' makes it");
        }
        built
    }
}

/// The newest build of a file of cargo's.
pub(crate) fn newest(file: &str) -> Option<PathBuf> {
    let target = crate::workspace().join("target");
    let builds = ["release", "debug"].map(|profile| target.join(profile).join(file));
    let age = |path: &PathBuf| {
        let modified = fs::metadata(path).and_then(|facts| facts.modified());
        modified.unwrap_or(SystemTime::UNIX_EPOCH)
    };
    builds
        .into_iter()
        .filter(|path| path.is_file())
        .max_by_key(age)
}

/// A folder with the runtime of a series under the names that programs ask for.
#[derive(Debug)]
pub struct Tier {
    folder: TempDir,
}

impl Tier {
    /// Lays it out without a driver, or skips by name.
    #[must_use]
    pub fn without_driver(test: &str, series: Series) -> Option<Self> {
        if !gate::tool(test, "gcc", "--version") {
            return None;
        }
        let folder = open_folder();
        for name in LIBRARIES {
            let place = folder.path().join(series.soname(name));
            crate::npm::place(&series.built(test, name)?, &place);
        }
        Some(Self { folder })
    }

    /// Lays it out over a driver, or skips by name.
    #[must_use]
    pub fn over(test: &str, series: Series, driver: Driver) -> Option<Self> {
        let tier = Self::without_driver(test, series)?;
        crate::npm::place(&driver.file(test)?, &tier.path().join("libcuda.so.1"));
        Some(tier)
    }

    /// The folder.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// A program that finds these libraries, and `more` folders.
    #[must_use]
    pub fn run(&self, program: impl AsRef<Path>, more: &[&Path]) -> Target {
        let mut folders = vec![self.path().display().to_string()];
        folders.extend(more.iter().map(|folder| folder.display().to_string()));
        // The shim's driver has its own device, whatever this machine has.
        crate::trace(program)
            .env("LD_LIBRARY_PATH", folders.join(":"))
            .env("VGPU_SYSFS", self.path())
    }
}

/// What a library exports, each with its version.
///
/// # Panics
/// When nm fails.
#[must_use]
#[track_caller]
pub fn exports(file: &Path) -> BTreeSet<String> {
    let printed = tool(
        "nm",
        &["-D", "--defined-only", "--with-symbol-versions"],
        file,
    );
    let symbols = printed.lines().filter_map(|line| {
        let mut fields = line.split_whitespace().skip(1);
        // A is the version node itself.
        (fields.next()? != "A").then(|| fields.next())?
    });
    symbols.map(str::to_owned).collect()
}

/// What a file asks of other libraries, as NAME@VERSION, of names with a version.
///
/// # Panics
/// When nm fails.
#[must_use]
#[track_caller]
pub fn imports(file: &Path) -> BTreeSet<String> {
    let printed = tool(
        "nm",
        &["-D", "--undefined-only", "--with-symbol-versions"],
        file,
    );
    let symbols = printed
        .lines()
        .filter_map(|line| line.split_whitespace().last());
    symbols
        .filter(|symbol| symbol.contains('@'))
        .map(str::to_owned)
        .collect()
}

/// The lines of the dynamic section with this tag, as far as their value in brackets goes.
///
/// # Panics
/// When readelf fails.
#[must_use]
#[track_caller]
pub fn dynamic(file: &Path, tag: &str) -> Vec<String> {
    let printed = tool("readelf", &["-d", "-W"], file);
    let lines = printed.lines().filter(|line| line.contains(tag));
    lines
        .filter_map(|line| Some(line.split_once('[')?.1.split_once(']')?.0.to_owned()))
        .collect()
}

#[track_caller]
fn tool(name: &str, arguments: &[&str], file: &Path) -> String {
    match Command::new(name).args(arguments).arg(file).output() {
        Ok(ran) if ran.status.success() => String::from_utf8_lossy(&ran.stdout).into_owned(),
        other => panic!("{name} {}: {other:?}", file.display()),
    }
}

/// A text file of the repository.
///
/// # Panics
/// When it cannot be read.
#[must_use]
#[track_caller]
pub fn read(file: &Path) -> String {
    match fs::read_to_string(file) {
        Ok(text) => text,
        Err(error) => panic!("{}: {error}", file.display()),
    }
}
