//! Compiles the stand-in, once for each state of its sources and era, into `target/standin`.
//!
//! Safe with parallel tests and parallel test runs: everything is made beside its place and moved there.

use std::ffi::OsStr;
use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::Error;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, PoisonError};

use super::Era;

/// One build at a time in a test run: the Go compiler uses all processors anyway.
static BUILD: Mutex<()> = Mutex::new(());

/// Flags of the C++ parts: symbols for the tests, frames that stay.
const FLAGS: &[&str] = &[
    "-std=c++17",
    "-g",
    "-O1",
    "-fno-omit-frame-pointer",
    "-Wall",
    "-pthread",
];

/// The folder of sources.
fn sources() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("standin")
}

/// The folder with the built programs of an era: `ollama`, and for the later one llama-server and its libraries.
pub(super) fn built(era: Era) -> Result<PathBuf, String> {
    let _one = BUILD.lock().unwrap_or_else(PoisonError::into_inner);
    let mut key = DefaultHasher::new();
    let mut folders = vec![sources().join("ollama")];
    if era == Era::LlamaServer {
        folders.push(sources().join("llama"));
    }
    // This file holds the flags and the order of libraries.
    (era, include_str!("build.rs")).hash(&mut key);
    for folder in &folders {
        hash_folder(folder, &mut key).map_err(|error| format!("{}: {error}", folder.display()))?;
    }
    let cache = crate::workspace().join("target/standin");
    let place = cache.join(format!("{:016x}", key.finish()));
    if place.is_dir() {
        return Ok(place);
    }
    let say = |error: Error| format!("{}: {error}", cache.display());
    fs::create_dir_all(&cache).map_err(say)?;
    let beside = tempfile::tempdir_in(&cache).map_err(say)?;
    ollama(era, &beside.path().join("ollama"))?;
    if era == Era::LlamaServer {
        llama_server(beside.path())?;
    }
    match fs::rename(beside.path(), &place) {
        Err(error) if !place.is_dir() => Err(say(error)),
        _ => Ok(place),
    }
}

fn ollama(era: Era, output: &Path) -> Result<(), String> {
    let mut command = Command::new("go");
    command
        .current_dir(sources().join("ollama"))
        .env("CGO_ENABLED", "1")
        .env("GOFLAGS", "-mod=mod -buildvcs=false")
        .args(["build", "-trimpath", "-buildmode=pie"]);
    if era == Era::LlamaServer {
        command.args(["-tags", "llamaserver"]);
    }
    run(command.arg("-o").arg(output))
}

/// llama-server with the chain of libraries that the real one needs. Loader and base are the real ones at run time;
/// here they are empty libraries of the names that the real llama-server asks for.
fn llama_server(folder: &Path) -> Result<(), String> {
    let empty = folder.join("empty.cpp");
    fs::write(&empty, "").map_err(|error| format!("{}: {error}", empty.display()))?;
    let source = |name: &str| sources().join("llama").join(format!("{name}.cpp"));
    let chain: [(&str, PathBuf, &[&str]); 6] = [
        ("ggml-base", empty.clone(), &[]),
        ("ggml", empty.clone(), &["ggml-base"]),
        ("llama", source("llama"), &["ggml", "ggml-base"]),
        ("mtmd", source("mtmd"), &["llama", "ggml", "ggml-base"]),
        (
            "llama-common",
            source("common"),
            &["llama", "ggml", "ggml-base"],
        ),
        (
            "llama-server-impl",
            source("server"),
            &["llama-common", "mtmd", "llama", "ggml", "ggml-base"],
        ),
    ];
    for (name, source, needs) in &chain {
        // The last one has no version in its name, as in a real installation.
        let version = if *name == "llama-server-impl" {
            ""
        } else {
            ".0"
        };
        let soname = format!("-Wl,-soname,lib{name}.so{version}");
        let mut command = compiler(folder, source, needs);
        command.args(["-shared", "-fPIC", &soname]);
        run(command.arg("-o").arg(folder.join(format!("lib{name}.so"))))?;
    }
    // As the real one is linked: these and no libm of its own, which changes the order in which libraries are loaded.
    let needs = ["llama-server-impl", "stdc++", "gcc_s"];
    let mut command = compiler(folder, &source("main"), &needs);
    run(command
        .arg("-Wl,--as-needed")
        .arg("-o")
        .arg(folder.join("llama-server")))?;
    for name in ["libggml.so", "libggml-base.so", "empty.cpp"] {
        fs::remove_file(folder.join(name)).map_err(|error| format!("{name}: {error}"))?;
    }
    Ok(())
}

/// The C++ compiler with these libraries of the folder as needed ones, in this order, before the system's.
fn compiler(folder: &Path, source: &Path, needs: &[&str]) -> Command {
    let mut command = Command::new("g++");
    command.args(FLAGS).arg(source).arg("-L").arg(folder);
    command.args([
        "-Wl,--no-as-needed",
        "-Wl,--allow-shlib-undefined",
        "-Wl,-rpath,$ORIGIN",
    ]);
    command.args(needs.iter().map(|name| format!("-l{name}")));
    command
}

fn run(command: &mut Command) -> Result<(), String> {
    let ran = command
        .output()
        .map_err(|error| format!("{command:?}: {error}"))?;
    if ran.status.success() {
        return Ok(());
    }
    let words = String::from_utf8_lossy(&ran.stderr);
    Err(format!("{command:?}\n{words}"))
}

fn hash_folder(folder: &Path, key: &mut DefaultHasher) -> std::io::Result<()> {
    let mut files: Vec<PathBuf> = fs::read_dir(folder)?
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<std::io::Result<_>>()?;
    files.sort();
    for file in files {
        file.file_name().map(OsStr::to_owned).hash(key);
        fs::read(&file)?.hash(key);
    }
    Ok(())
}
