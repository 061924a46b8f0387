//! Libraries to load: a healthy backend, and one for each way a load can go wrong.

pub(crate) mod damage;

use std::ffi::OsStr;
use std::fs;
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::programs::library;

/// The dependency that is nowhere.
pub const ABSENT: &str = "libvgputrace_absent.so.9";
/// The symbol that nobody defines.
pub const UNDEFINED: &str = "vgputrace_defined_nowhere";

/// What is wrong with a library.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Nothing: a backend that registers no device.
    None,
    /// It needs [`ABSENT`].
    MissingDependency,
    /// It needs `libvgputrace_middle.so`, which is beside it and needs [`ABSENT`].
    MissingDependencyBelow,
    /// It refers to [`UNDEFINED`].
    UndefinedSymbol,
    /// It needs version `TWO` of `libvgputrace_versioned.so.1`, which is beside it and has `ONE` only.
    MissingVersion,
    /// A 32-bit class byte.
    WrongClass,
    /// Machine AArch64.
    WrongMachine,
    /// The first bytes only.
    Truncated(u64),
    /// Text.
    NotElf,
    /// No byte.
    Empty,
    /// Mode 0000.
    Unreadable,
    /// No `ggml_backend_init`.
    NoInit,
    /// `ggml_backend_init` returns NULL.
    InitNull,
    /// `ggml_backend_init` answers with an API version that no loader knows.
    WrongApi,
    /// `ggml_backend_init` reads this address.
    InitCrash(u64),
    /// `ggml_backend_init` calls abort().
    InitAbort,
    /// `ggml_backend_init` calls `_exit(3)`.
    InitExit,
    /// `ggml_backend_init` never returns.
    InitHang,
    /// `ggml_backend_init` has no `ret`: it jumps to `ggml_backend_cuda_reg`, as in real CUDA backends.
    InitTail,
    /// Nothing, and each function begins with `endbr64`, as distributions with CET build them.
    EndBranch,
    /// A constructor writes to NULL.
    ConstructorCrash,
    /// A constructor never returns.
    ConstructorHang,
    /// A constructor lets a C++ exception escape.
    ConstructorThrow,
    /// A constructor dlopens the library named by the variable `VGPUTRACE_INNER`.
    ConstructorOpens,
}

/// Puts a library with this fault, and what belongs beside it, into a folder. Returns its path.
///
/// # Panics
/// When it cannot be made.
#[track_caller]
pub fn place(fault: Fault, folder: &Path, file: &str) -> PathBuf {
    let path = folder.join(file);
    let made = made(fault, folder, file);
    copy(&made, &path);
    match fault {
        Fault::WrongClass => damage::write_at(&path, 4, &[1]),
        Fault::WrongMachine => damage::write_at(&path, 18, &183_u16.to_le_bytes()),
        Fault::Truncated(length) => damage::cut(&path, length),
        Fault::NotElf => damage::replace(&path, b"This is no library.\n"),
        Fault::Empty => damage::replace(&path, b""),
        Fault::Unreadable => {
            let closed = fs::set_permissions(&path, fs::Permissions::from_mode(0o000));
            assert!(closed.is_ok(), "{}: {closed:?}", path.display());
        }
        _ => {}
    }
    path
}

/// The file in the build cache that `place` copies.
#[track_caller]
fn made(fault: Fault, folder: &Path, file: &str) -> PathBuf {
    const NONE: &[&str] = &[];
    match fault {
        Fault::MissingDependency => needing(&library("absent", ABSENT, &soname(ABSENT)), file),
        Fault::MissingDependencyBelow => {
            let middle = needing(
                &library("absent", ABSENT, &soname(ABSENT)),
                "libvgputrace_middle.so",
            );
            copy(&middle, &folder.join("libvgputrace_middle.so"));
            needing(&middle, file)
        }
        Fault::MissingVersion => {
            let name = "libvgputrace_versioned.so.1";
            let version = |map: &str| {
                let map = crate::programs::sources().join("lib").join(map);
                let script = format!("-Wl,--version-script={}", map.display());
                library("versioned", name, &[script, soname(name)[0].clone()])
            };
            copy(&version("versioned_one.map"), &folder.join(name));
            let newer = version("versioned_both.map");
            library(
                "needs_version",
                file,
                &[
                    newer.as_os_str(),
                    OsStr::new("-Wl,-rpath,$ORIGIN"),
                    OsStr::new("-Wl,-z,now"),
                ],
            )
        }
        Fault::UndefinedSymbol => library("undefined", file, &["-Wl,-z,now"]),
        Fault::NoInit => library("absent", file, NONE),
        Fault::InitNull => library("init_null", file, NONE),
        Fault::WrongApi => library("healthy", file, &["-DAPI_VERSION=77"]),
        Fault::InitCrash(address) => library("init_crash", file, &[format!("-DADDRESS={address}")]),
        Fault::InitAbort => library("init_abort", file, NONE),
        Fault::InitExit => library("init_exit", file, NONE),
        Fault::InitHang => library("init_hang", file, NONE),
        Fault::InitTail => library("init_tail", file, NONE),
        Fault::EndBranch => library("healthy", file, &["-fcf-protection=full"]),
        Fault::ConstructorCrash => library("constructor_crash", file, NONE),
        Fault::ConstructorHang => library("constructor_hang", file, NONE),
        Fault::ConstructorThrow => library("constructor_throw", file, NONE),
        Fault::ConstructorOpens => library("constructor_opens", file, NONE),
        _ => library("healthy", file, NONE),
    }
}

/// A healthy backend that needs `dependency` and looks beside itself for it.
#[track_caller]
fn needing(dependency: &Path, file: &str) -> PathBuf {
    library(
        "healthy",
        file,
        &[
            OsStr::new("-Wl,--no-as-needed"),
            dependency.as_os_str(),
            OsStr::new("-Wl,--allow-shlib-undefined"),
            OsStr::new("-Wl,-rpath,$ORIGIN"),
            OsStr::new(&soname(file)[0]),
        ],
    )
}

/// The linker flag that gives a library its SONAME.
#[must_use]
pub fn soname(name: &str) -> [String; 1] {
    [format!("-Wl,-soname,{name}")]
}

/// A hard link, or a copy where none can be made, as on another file system. Never into a file that is there: that could be the very
/// same one.
///
/// # Errors
/// There is a file already, or the folder cannot be written.
pub fn link(from: &Path, to: &Path) -> Result<(), String> {
    let say = |why: std::io::Error| format!("{} as {}: {why}", from.display(), to.display());
    match fs::hard_link(from, to) {
        Err(why) if why.kind() != std::io::ErrorKind::AlreadyExists => {
            fs::copy(from, to).map(drop).map_err(say)
        }
        linked => linked.map_err(say),
    }
}

/// Copies a file, keeping its mode. By another process: a child of another test, forked while this one writes, would hold the file
/// open for writing, and whoever executes it would get ETXTBSY.
///
/// # Panics
/// When that fails.
#[track_caller]
pub fn copy(from: &Path, to: &Path) {
    let copied = Command::new("cp")
        .args(["--preserve=mode", "--"])
        .args([from, to])
        .output();
    let why = match copied {
        Ok(output) if output.status.success() => return,
        Ok(output) => String::from_utf8_lossy(&output.stderr).into_owned(),
        Err(error) => error.to_string(),
    };
    panic!("copy {} to {}: {why}", from.display(), to.display());
}

/// Writes a program for the shell, by another process as [`copy`] does.
///
/// # Panics
/// When that fails.
#[track_caller]
pub fn script(path: &Path, text: &str) {
    let written = Command::new("install")
        .args(["-m", "755", "/dev/stdin"])
        .arg(path)
        .stdin(Stdio::piped())
        .spawn()
        .and_then(|mut child| {
            if let Some(mut stdin) = child.stdin.take() {
                stdin.write_all(text.as_bytes())?;
            }
            child.wait()
        });
    match written {
        Ok(status) if status.success() => {}
        other => panic!("cannot write {}: {other:?}", path.display()),
    }
}
