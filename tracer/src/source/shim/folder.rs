//! A folder with the shim's libraries: under their SONAMEs, with the links that programs open, and the configuration beside them.

use std::ffi::OsString;
use std::fs::{self, Permissions};
use std::io::Write as _;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};

use vgputrace_bundle::File;
use vgputrace_device::library::{DRIVER, Library, RUNTIME};

use super::{Error, is_loadable};

/// The largest library or configuration that is read back.
const LARGEST: u64 = 64 << 20;

/// What becomes of files that are there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Existing {
    /// They stay, and it is an error.
    Keep,
    /// They are replaced.
    Replace,
}

/// Writes all files and links. Each file appears whole, under its name, or not at all. Returns what was written.
///
/// # Errors
/// A name that is taken, or what the system says.
pub fn write(files: &[File], folder: &Path, existing: Existing) -> Result<Vec<PathBuf>, Error> {
    fs::create_dir_all(folder).map_err(Error::file(folder))?;
    let names = files.iter().flat_map(|file| {
        [file.library.soname]
            .into_iter()
            .chain(file.library.links.iter().copied())
    });
    for path in names.map(|name| folder.join(name)) {
        match path.symlink_metadata() {
            Ok(_) if existing == Existing::Keep => return Err(Error::There(path)),
            Ok(_) => fs::remove_file(&path).map_err(Error::file(&path))?,
            Err(_) => {}
        }
    }
    let mut written = Vec::new();
    for file in files {
        let Some(bytes) = &file.bytes else { continue };
        let path = folder.join(file.library.soname);
        put(&path, bytes, 0o755)?;
        written.push(path);
        for link in file.library.links {
            let path = folder.join(link);
            symlink(file.library.soname, &path).map_err(Error::file(&path))?;
            written.push(path);
        }
    }
    Ok(written)
}

/// Writes the texts of the configuration, and gives what `VGPU_CONFIG` is to be; nothing without a text.
///
/// # Errors
/// What the system says.
pub fn configure(texts: &[(String, String)], folder: &Path) -> Result<Option<OsString>, Error> {
    let mut list = OsString::new();
    for (number, (_, text)) in texts.iter().enumerate() {
        let path = folder.join(config_name(number));
        put(&path, text.as_bytes(), 0o644)?;
        if number > 0 {
            list.push(":");
        }
        list.push(&path);
    }
    Ok((!texts.is_empty()).then_some(list))
}

/// What `VGPU_CONFIG` is to be for a folder that was configured before.
#[must_use]
pub fn configured(folder: &Path) -> Option<OsString> {
    let mut list = OsString::new();
    for number in 0.. {
        let path = folder.join(config_name(number));
        if !path.is_file() {
            break;
        }
        if number > 0 {
            list.push(":");
        }
        list.push(&path);
    }
    (!list.is_empty()).then_some(list)
}

/// Removes the configuration of an earlier time.
///
/// # Errors
/// What the system says.
pub fn forget(folder: &Path) -> Result<(), Error> {
    for number in 0.. {
        let path = folder.join(config_name(number));
        match fs::remove_file(&path) {
            Ok(()) => {}
            Err(why) if why.kind() == std::io::ErrorKind::NotFound => break,
            Err(why) => return Err(Error::file(path)(why)),
        }
    }
    Ok(())
}

/// Names that say nothing of what is configured: the program that is looked at sees them.
fn config_name(number: usize) -> String {
    match number {
        0 => "vgpu.toml".to_owned(),
        more => format!("vgpu.{more}.toml"),
    }
}

/// The libraries of a folder that can be preloaded, as LD_PRELOAD has them.
///
/// # Errors
/// A folder whose name cannot stand in that list.
pub fn preload(files: &[File], folder: &Path) -> Result<OsString, Error> {
    if folder
        .as_os_str()
        .as_bytes()
        .iter()
        .any(|byte| matches!(byte, b':' | b' ' | b'\t' | b'\n'))
    {
        return Err(Error::Unlistable(folder.to_owned()));
    }
    let loadable = files
        .iter()
        .filter(|file| file.bytes.is_some() && is_loadable(file.change));
    let mut list = OsString::new();
    for file in loadable {
        if !list.is_empty() {
            list.push(":");
        }
        list.push(folder.join(file.library.soname));
    }
    Ok(list)
}

/// The shim's libraries that lie in a folder, each with the change by which its bytes differ from those that are built.
///
/// # Errors
/// What the system says.
pub fn read(folder: &Path) -> Result<Vec<File>, Error> {
    let variants = variants()?;
    let mut found = Vec::new();
    for library in DRIVER.iter().chain(&RUNTIME) {
        let path = folder.join(library.soname);
        let Some(bytes) = content(&path)? else {
            continue;
        };
        let known = variants
            .iter()
            .find(|variant| variant.library == *library && variant.bytes.as_ref() == Some(&bytes));
        found.extend(known.cloned());
    }
    Ok(found)
}

/// Every library, and every library as a ready-made fault has it.
fn variants() -> Result<Vec<File>, Error> {
    let mut all = vgputrace_bundle::files(&[])?;
    for fault in vgputrace_device::ready::FAULTS {
        let changed = vgputrace_bundle::files(&[fault])?;
        all.extend(changed.into_iter().filter(|file| file.change.is_some()));
    }
    Ok(all)
}

fn content(path: &Path) -> Result<Option<Vec<u8>>, Error> {
    match fs::metadata(path) {
        Ok(facts) if facts.is_file() && facts.len() <= LARGEST => {
            fs::read(path).map(Some).map_err(Error::file(path))
        }
        Ok(_) => Ok(None),
        Err(why) if why.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(why) => Err(Error::file(path)(why)),
    }
}

/// The library that a file's name stands for: `libcublas.so.12.8.4.1` and `libcuda.so.580.65.06` too.
#[must_use]
pub fn library_of(name: &str) -> Option<Library> {
    let runtime = RUNTIME.iter().find(|library| {
        let rest = name.strip_prefix(library.soname);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    });
    let driver = DRIVER.iter().find(|library| {
        let base = library.soname.trim_end_matches(".1");
        let rest = name.strip_prefix(base);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    });
    runtime.or(driver).copied()
}

fn put(path: &Path, bytes: &[u8], mode: u32) -> Result<(), Error> {
    let folder = path.parent().unwrap_or_else(|| Path::new("."));
    let made = tempfile::NamedTempFile::new_in(folder).and_then(|mut file| {
        file.write_all(bytes)?;
        file.as_file()
            .set_permissions(Permissions::from_mode(mode))?;
        file.persist(path).map_err(std::io::Error::from)
    });
    made.map(drop).map_err(Error::file(path))
}
