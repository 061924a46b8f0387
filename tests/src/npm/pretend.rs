//! Pretend libraries for a real backend: every symbol it asks of one, with the SONAME and version it wants, and each
//! function answers "no device" (100).

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::programs::library_of;

/// Makes the library `soname` with what `backend` asks of it, in `folder`.
///
/// # Panics
/// When the backend asks nothing of it, or the compiler fails.
#[track_caller]
pub fn pretend(backend: &Path, soname: &str, folder: &Path) -> PathBuf {
    let wanted = references(backend);
    // libcuda.so.1 has no version nodes; its functions are those that begin with cu and a capital letter.
    let names = match wanted.get(soname) {
        Some(names) => names.clone(),
        None => wanted
            .get("")
            .into_iter()
            .flatten()
            .filter(|name| soname == "libcuda.so.1" && is_driver_function(name))
            .cloned()
            .collect(),
    };
    assert!(
        !names.is_empty(),
        "{} asks nothing of {soname}",
        backend.display()
    );
    let mut source = String::new();
    for name in &names {
        let body = if name.ends_with("String") && !name.starts_with("cuGet") {
            format!("const char *{name}(void) {{ return \"pretend\"; }}\n")
        } else {
            format!("long {name}(void) {{ return 100; }}\n")
        };
        source.push_str(&body);
    }
    let mut flags = vec![format!("-Wl,-soname,{soname}")];
    let build = crate::workspace().join("target/tracees/pretend");
    if wanted.contains_key(soname) {
        let mut script = String::new();
        let _ = writeln!(script, "{soname} {{ global: *; }};");
        flags.push(format!(
            "-Wl,--version-script={}",
            write(&build, &format!("{soname}.map"), &script).display()
        ));
    }
    let source = write(&build, &format!("{soname}.c"), &source);
    let made = library_of(None, &source, soname, &flags);
    let place = folder.join(soname);
    crate::libraries::copy(&made, &place);
    place
}

fn is_driver_function(name: &str) -> bool {
    name.strip_prefix("cu")
        .is_some_and(|rest| rest.starts_with(|first: char| first.is_ascii_uppercase()))
}

/// Undefined symbols by version node; "" for those without.
#[track_caller]
fn references(file: &Path) -> BTreeMap<String, Vec<String>> {
    let printed = match Command::new("nm")
        .args(["-D", "--undefined-only"])
        .arg(file)
        .output()
    {
        Ok(printed) => String::from_utf8_lossy(&printed.stdout).into_owned(),
        Err(error) => panic!("nm: {error}"),
    };
    let mut by_version: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for symbol in printed
        .lines()
        .filter_map(|line| line.split_whitespace().last())
    {
        let (name, version) = symbol.split_once('@').unwrap_or((symbol, ""));
        by_version
            .entry(version.to_owned())
            .or_default()
            .push(name.to_owned());
    }
    by_version
}

/// Puts a file there as a whole, so that a parallel test never compiles half of it.
#[track_caller]
pub(crate) fn write(folder: &Path, name: &str, content: &str) -> PathBuf {
    let path = folder.join(name);
    let done = std::fs::create_dir_all(folder)
        .and_then(|()| tempfile::NamedTempFile::new_in(folder))
        .and_then(|file| {
            std::fs::write(file.path(), content)?;
            file.persist(&path).map_err(|error| error.error)
        });
    if let Err(error) = done {
        panic!("{}: {error}", path.display());
    }
    path
}

/// Builds a library of `tests/layouts/pretend` under its SONAME into a folder; one with symbol versions where `versioned`.
///
/// # Panics
/// When it does not compile.
#[track_caller]
pub fn stand_in(
    source: &str,
    soname: &str,
    versioned: bool,
    defines: &[&str],
    folder: &Path,
) -> PathBuf {
    let build = crate::workspace().join("target/tracees/pretend");
    let source = crate::workspace()
        .join("tests/layouts/pretend")
        .join(source);
    let mut flags = vec![format!("-Wl,-soname,{soname}"), "-w".to_owned()];
    flags.extend(defines.iter().map(|define| format!("-D{define}")));
    if versioned {
        let script = format!("{soname} {{ global: *; }};\n");
        let script = write(&build, &format!("{soname}.map"), &script);
        flags.push(format!("-Wl,--version-script={}", script.display()));
    }
    let made = library_of(None, &source, soname, &flags);
    let place = folder.join(soname);
    crate::libraries::copy(&made, &place);
    place
}
