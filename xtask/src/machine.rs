//! What this machine has: the repository's root, programs, rights.
//!
//! Reads only; installs nothing.

use std::env;
use std::ffi::OsStr;
use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The root of the workspace.
pub(crate) fn root() -> PathBuf {
    let package = env::var_os("CARGO_MANIFEST_DIR")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
    package
        .parent()
        .map_or_else(|| package.clone(), Path::to_path_buf)
}

/// The folder cargo builds into.
pub(crate) fn target(root: &Path) -> PathBuf {
    env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), |place| root.join(place))
}

/// A path as it is called from the root, where it is below it.
pub(crate) fn short(root: &Path, path: &Path) -> PathBuf {
    path.strip_prefix(root).unwrap_or(path).to_path_buf()
}

/// An executable file of that name on PATH, or where cargo installs programs.
pub(crate) fn program(name: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    env::split_paths(&path)
        .chain([cargo_programs()])
        .map(|folder| folder.join(name))
        .find(|file| is_program(file))
}

/// True for a regular file with an execute bit.
pub(crate) fn is_program(file: &Path) -> bool {
    fs::metadata(file).is_ok_and(|facts| facts.is_file() && facts.permissions().mode() & 0o111 != 0)
}

/// Where `cargo install` puts programs.
pub(crate) fn cargo_programs() -> PathBuf {
    cargo_home().join("bin")
}

/// Cargo's own folder.
pub(crate) fn cargo_home() -> PathBuf {
    let home = env::var_os("HOME").unwrap_or_else(|| "/root".into());
    env::var_os("CARGO_HOME").map_or_else(|| Path::new(&home).join(".cargo"), PathBuf::from)
}

/// Processors that this process may use, at least one.
pub(crate) fn cpus() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

/// True when the effective user is root.
pub(crate) fn is_root() -> bool {
    fs::metadata("/proc/self").is_ok_and(|facts| facts.uid() == 0)
}

/// True when `sudo` gives root without asking for a password.
pub(crate) fn sudo_is_open() -> bool {
    quiet("sudo", ["-n", "true"])
}

/// True when the command can be started and ends with success; its output is dropped.
pub(crate) fn quiet(name: &str, arguments: impl IntoIterator<Item = impl AsRef<OsStr>>) -> bool {
    Command::new(name)
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

/// Every process below `parent`, parents before children. Processes may come and go meanwhile.
pub(crate) fn descendants(parent: u32) -> Vec<u32> {
    let mut found = vec![parent];
    let mut next = 0;
    while let Some(process) = found.get(next).copied() {
        next += 1;
        let Ok(threads) = fs::read_dir(format!("/proc/{process}/task")) else {
            continue;
        };
        for thread in threads.flatten() {
            let children = fs::read_to_string(thread.path().join("children")).unwrap_or_default();
            let children = children
                .split_whitespace()
                .filter_map(|child| child.parse::<u32>().ok());
            found.extend(children);
        }
    }
    found
}

/// Gives a command the environment that its user had before cargo added its own: a program under test or demo must
/// not search libraries in build folders.
pub(crate) fn own_environment(command: &mut Command) {
    for (name, _) in env::vars_os() {
        let text = name.to_string_lossy();
        let added = ["CARGO_PKG_", "CARGO_MANIFEST_"]
            .iter()
            .any(|start| text.starts_with(start));
        if added || text == "CARGO" || text == "RUSTUP_TOOLCHAIN" {
            command.env_remove(&name);
        }
    }
    let home = env::var_os("HOME").unwrap_or_else(|| "/root".into());
    let rustup =
        env::var_os("RUSTUP_HOME").map_or_else(|| Path::new(&home).join(".rustup"), PathBuf::from);
    let target = target(&root());
    let search = env::var_os("LD_LIBRARY_PATH").unwrap_or_default();
    let kept = env::split_paths(&search)
        .filter(|folder| !folder.starts_with(&rustup) && !folder.starts_with(&target));
    match env::join_paths(kept) {
        Ok(kept) if !kept.is_empty() => command.env("LD_LIBRARY_PATH", kept),
        _ => command.env_remove("LD_LIBRARY_PATH"),
    };
}
