//! Puts a layout's files into a copied tree.

use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};

use super::format::{Need, Put};
use crate::libraries;
use crate::npm;
use crate::programs::library_of;
use crate::runtime_tier::{Driver, Series};

/// Why a layout cannot be laid out here.
pub(super) enum Lack {
    /// A part that is fetched is not to be had.
    Part,
}

/// Puts everything.
///
/// # Panics
/// When a file cannot be made: the layout is wrong then.
#[track_caller]
pub(super) fn all(test: &str, puts: &[Put], root: &Path, release: &str) -> Result<(), Lack> {
    for put in puts {
        one(test, put, root, release)?;
    }
    Ok(())
}

#[track_caller]
fn one(test: &str, put: &Put, root: &Path, release: &str) -> Result<(), Lack> {
    let path = root.join(&put.at);
    let done = (|| {
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        let fetched = put.npm.is_some() || put.tier.is_some() || put.packed.is_some();
        let makes = put.source.is_some() || fetched || put.text.is_some();
        // What is there may be one of the real tree's own files under another name.
        if (makes || put.link.is_some()) && path.symlink_metadata().is_ok() {
            fs::remove_file(&path)?;
        }
        if put.folder {
            fs::create_dir_all(&path)?;
        }
        if let Some(from) = &put.from {
            fs::rename(root.join(from), &path)?;
        }
        if put.gone {
            if path.is_dir() && !path.is_symlink() {
                fs::remove_dir_all(&path)?;
            } else {
                fs::remove_file(&path)?;
            }
        }
        if put.own {
            let bytes = fs::read(&path)?;
            let mode = fs::metadata(&path)?.permissions();
            fs::remove_file(&path)?;
            fs::write(&path, bytes)?;
            fs::set_permissions(&path, mode)?;
        }
        if let Some(target) = &put.link {
            symlink(target, &path)?;
        }
        if let Some(text) = &put.text {
            fs::write(&path, text)?;
        }
        if let Some(packed) = &put.packed {
            let file = fs::File::open(crate::workspace().join("tests").join(packed))?;
            fs::write(&path, zstd::decode_all(file)?)?;
        }
        Ok::<(), std::io::Error>(())
    })();
    assert!(done.is_ok(), "{}: {done:?}", path.display());
    if put.source.is_some() {
        libraries::copy(&made(put, release), &path);
    }
    if let Some(part) = &put.npm {
        let parts = npm::parts(test).ok_or(Lack::Part)?;
        match part.as_str() {
            "cuda/libggml-cuda.so" => libraries::copy(&parts.backend(), &path),
            other => panic!("no package has {other}"),
        }
    }
    if let Some(library) = &put.tier {
        let built = tier(test, library, &put.at).ok_or(Lack::Part)?;
        libraries::copy(&built, &path);
    }
    if let Some(length) = put.cut {
        libraries::damage::cut(&path, length);
    }
    for (offset, bytes) in &put.overwrite {
        libraries::damage::write_at(&path, *offset, bytes);
    }
    if let Some(mode) = put.mode {
        let set = fs::set_permissions(&path, fs::Permissions::from_mode(mode));
        assert!(set.is_ok(), "{}: {set:?}", path.display());
    }
    Ok(())
}

/// The build of a library of the shim's, by the name it is to have.
#[track_caller]
fn tier(test: &str, library: &str, name: &str) -> Option<PathBuf> {
    if library == "cuda" {
        return Driver::Shim.file(test);
    }
    let mut all = Series::ALL.into_iter();
    match all.find(|series| name.ends_with(&series.soname(library))) {
        Some(series) => series.built(test, library),
        None => panic!("{name} is no name of {library}"),
    }
}

/// Compiles the library of an entry.
#[track_caller]
fn made(put: &Put, release: &str) -> PathBuf {
    let source = source(put.source.as_deref());
    let mut flags: Vec<OsString> = Vec::new();
    let defines = put.define.iter();
    flags.extend(defines.map(|one| format!("-D{}", one.replace("{release}", release)).into()));
    if let Some(name) = &put.soname {
        flags.push(format!("-Wl,-soname,{name}").into());
    }
    flags.extend(version_script(put.version.as_deref()));
    if !put.needs.is_empty() {
        flags.push("-Wl,--no-as-needed".into());
        flags.extend(put.needs.iter().map(|need| stub(need).into_os_string()));
        flags.push("-Wl,--allow-shlib-undefined".into());
    }
    library_of(compiler(&source), &source, &file_name(&put.at), &flags)
}

/// A library for the linker to find a SONAME and versions in.
#[track_caller]
fn stub(need: &Need) -> PathBuf {
    let source = source(need.source.as_deref());
    let mut flags: Vec<OsString> = vec![format!("-Wl,-soname,{}", need.soname).into()];
    flags.extend(version_script(need.version.as_deref()));
    library_of(compiler(&source), &source, &need.soname, &flags)
}

fn source(named: Option<&str>) -> PathBuf {
    let tests = crate::workspace().join("tests");
    tests.join(named.unwrap_or("programs/lib/absent.c"))
}

fn compiler(source: &Path) -> Option<&'static str> {
    source
        .extension()
        .is_some_and(|one| one == "cpp")
        .then_some("g++")
}

fn file_name(path: &str) -> String {
    path.rsplit('/').next().unwrap_or(path).to_owned()
}

/// A linker script with one version node for everything.
#[track_caller]
fn version_script(node: Option<&str>) -> Option<OsString> {
    let node = node?;
    let path = npm::pretend::write(
        &crate::workspace().join("target/tracees/pretend"),
        &format!("{node}.map"),
        &format!("{node} {{ global: *; }};\n"),
    );
    Some(format!("-Wl,--version-script={}", path.display()).into())
}
