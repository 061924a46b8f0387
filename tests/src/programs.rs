//! Compiles the tracees, once for each state of their source, into `target/tracees`.
//!
//! Safe with parallel tests and parallel test runs: an output is made beside its place and moved there.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::process::Command;

/// Flags of every C and C++ tracee: symbols for the tests, no optimisation that hides a frame.
const C_FLAGS: &[&str] = &[
    "-g",
    "-O1",
    "-fno-optimize-sibling-calls",
    "-fno-omit-frame-pointer",
    "-Wall",
    "-Wno-unused-result",
    "-D_GNU_SOURCE",
];

/// The folder of tracee sources.
#[must_use]
pub fn sources() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("programs")
}

/// A program of `programs/NAME.{c,cpp,S}` or the Go package `programs/NAME/`.
///
/// # Panics
/// When it does not compile.
#[must_use]
#[track_caller]
pub fn program(name: &str) -> PathBuf {
    let sources = sources();
    let file = |extension| sources.join(format!("{name}.{extension}"));
    if sources.join(name).is_dir() {
        return go(&sources.join(name), name, Cgo::With);
    }
    if file("cpp").exists() {
        return built(
            Some("g++"),
            &[&file("cpp")],
            &["-rdynamic", "-pthread"],
            name,
        );
    }
    if file("S").exists() {
        return built(
            None,
            &[&file("S")],
            &["-nostdlib", "-static", "-no-pie"],
            name,
        );
    }
    built(None, &[&file("c")], &["-rdynamic", "-pthread"], name)
}

/// A program that another compiler makes: `musl-gcc`, for another C library.
///
/// # Panics
/// When it does not compile.
#[must_use]
#[track_caller]
pub fn program_by(compiler: &str, name: &str, flags: &[&str]) -> PathBuf {
    let source = sources().join(format!("{name}.c"));
    built(
        Some(compiler),
        &[&source],
        flags,
        &format!("{name}_by_{compiler}"),
    )
}

/// The Go package `programs/NAME/` without cgo: a static binary.
///
/// # Panics
/// When it does not compile.
#[must_use]
#[track_caller]
pub fn static_go(name: &str) -> PathBuf {
    go(&sources().join(name), name, Cgo::Without)
}

/// Whether a Go program is linked with the C library.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Cgo {
    With,
    Without,
}

/// A 32-bit program of `programs/NAME.S`, without any library; `None` where the tools cannot make one.
#[must_use]
pub fn program_32(name: &str) -> Option<PathBuf> {
    let source = sources().join(format!("{name}.S"));
    let flags = ["-m32", "-nostdlib", "-static", "-no-pie"];
    try_built("gcc", &[&source], &flags.map(OsStr::new), name).ok()
}

/// A program with further linker or compiler flags.
///
/// # Panics
/// When it does not compile.
#[must_use]
#[track_caller]
pub fn program_with(name: &str, flags: &[impl AsRef<OsStr>]) -> PathBuf {
    let mut all: Vec<&OsStr> = vec![OsStr::new("-rdynamic"), OsStr::new("-pthread")];
    all.extend(flags.iter().map(AsRef::as_ref));
    built(None, &[&sources().join(format!("{name}.c"))], &all, name)
}

/// A shared library of `programs/lib/NAME.{c,cpp}` under the file name `file`, in a folder of the build cache.
///
/// # Panics
/// When it does not compile.
#[must_use]
#[track_caller]
pub fn library(name: &str, file: &str, flags: &[impl AsRef<OsStr>]) -> PathBuf {
    let folder = sources().join("lib");
    let cpp = folder.join(format!("{name}.cpp"));
    let (compiler, source) = if cpp.exists() {
        (Some("g++"), cpp)
    } else {
        (None, folder.join(format!("{name}.c")))
    };
    library_of(compiler, &source, file, flags)
}

/// A shared library of any C source file.
///
/// # Panics
/// When it does not compile.
#[must_use]
#[track_caller]
pub fn library_of(
    compiler: Option<&str>,
    source: &Path,
    file: &str,
    flags: &[impl AsRef<OsStr>],
) -> PathBuf {
    let mut all: Vec<&OsStr> = vec![OsStr::new("-shared"), OsStr::new("-fPIC")];
    all.extend(flags.iter().map(AsRef::as_ref));
    built(compiler, &[source], &all, file)
}

/// A program of any C source file.
///
/// # Panics
/// When it does not compile.
#[must_use]
#[track_caller]
pub fn program_of(source: &Path, file: &str, flags: &[impl AsRef<OsStr>]) -> PathBuf {
    built(None, &[source], flags, file)
}

#[track_caller]
fn built(
    compiler: Option<&str>,
    inputs: &[&Path],
    flags: &[impl AsRef<OsStr>],
    file: &str,
) -> PathBuf {
    match try_built(compiler.unwrap_or("gcc"), inputs, flags, file) {
        Ok(path) => path,
        Err(why) => panic!("{file}: {why}"),
    }
}

fn try_built(
    compiler: &str,
    inputs: &[&Path],
    flags: &[impl AsRef<OsStr>],
    file: &str,
) -> Result<PathBuf, String> {
    let mut arguments: Vec<OsString> = C_FLAGS.iter().map(OsString::from).collect();
    arguments.extend(inputs.iter().map(|path| path.as_os_str().to_owned()));
    arguments.extend(flags.iter().map(|flag| flag.as_ref().to_owned()));
    let mut command = Command::new(compiler);
    command.args(&arguments);
    let mut key = DefaultHasher::new();
    (compiler, &arguments).hash(&mut key);
    hash_folder(&sources().join("lib"), OsStr::new("h"), &mut key)?;
    for input in inputs {
        fs::read(input)
            .map_err(|error| format!("{}: {error}", input.display()))?
            .hash(&mut key);
    }
    make(command, key.finish(), file)
}

#[track_caller]
fn go(folder: &Path, name: &str, cgo: Cgo) -> PathBuf {
    let mut key = DefaultHasher::new();
    (name, cgo == Cgo::Without).hash(&mut key);
    let mut command = Command::new("go");
    command
        .current_dir(folder)
        .env("GOFLAGS", "-mod=mod -buildvcs=false");
    match cgo {
        Cgo::With => command
            .env("CGO_ENABLED", "1")
            .args(["build", "-buildmode=pie"]),
        Cgo::Without => command.env("CGO_ENABLED", "0").arg("build"),
    };
    let made = hash_folder(folder, OsStr::new("go"), &mut key)
        .and_then(|()| make(command, key.finish(), name));
    match made {
        Ok(path) => path,
        Err(why) => panic!("{name}: {why}"),
    }
}

/// Runs `command -o PLACE` unless `PLACE` is there.
fn make(mut command: Command, key: u64, file: &str) -> Result<PathBuf, String> {
    let say = |error: std::io::Error| format!("target/tracees: {error}");
    let folder = crate::workspace().join("target/tracees");
    let place = folder.join(format!("{key:016x}"));
    let output = place.join(file);
    if output.is_file() {
        return Ok(output);
    }
    fs::create_dir_all(&folder).map_err(say)?;
    let beside = tempfile::tempdir_in(&folder).map_err(say)?;
    let ran = command.arg("-o").arg(beside.path().join(file)).output();
    let ran = ran.map_err(|error| format!("{command:?}: {error}"))?;
    if !ran.status.success() {
        return Err(format!(
            "{command:?}\n{}",
            String::from_utf8_lossy(&ran.stderr)
        ));
    }
    fs::create_dir_all(&place).map_err(say)?;
    // A link never replaces what another test may be running already.
    match fs::hard_link(beside.path().join(file), &output) {
        Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => Err(say(error)),
        _ => Ok(output),
    }
}

fn hash_folder(folder: &Path, extension: &OsStr, key: &mut DefaultHasher) -> Result<(), String> {
    let say = |error: std::io::Error| format!("{}: {error}", folder.display());
    let mut files: Vec<PathBuf> = fs::read_dir(folder)
        .map_err(say)?
        .filter_map(|entry| entry.ok().map(|entry| entry.path()))
        .filter(|path| path.extension() == Some(extension))
        .collect();
    files.sort();
    for file in files {
        fs::read(&file).map_err(say)?.hash(key);
    }
    Ok(())
}
