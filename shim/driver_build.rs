//! What the build scripts of both driver libraries, libcuda.so.1 and libnvidia-ml.so.1, have in common: how the library is
//! linked, and which functions of the table its source implements.

use std::collections::BTreeSet;
use std::error::Error;
use std::fmt::Write as _;
use std::path::Path;
use std::{env, fs};

/// What a build script can fail with.
pub(crate) type Failed = Box<dyn Error>;

/// Where the source implements functions: every `fn PREFIX...` of a file here.
const CALLS: &str = "src/calls";

/// Tells cargo how the library is linked: under the name that programs ask for, and with its own calls of exported
/// functions staying inside.
pub(crate) fn link(soname: &str) {
    println!("cargo::rerun-if-changed={CALLS}");
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=../driver_build.rs");
    println!("cargo::rustc-cdylib-link-arg=-Wl,-soname,{soname}");
    for argument in ["-Bsymbolic", "-z,now", "-z,nodelete"] {
        println!("cargo::rustc-cdylib-link-arg=-Wl,{argument}");
    }
}

/// The part of `table.rs` that both libraries have: a constant for the place of each of the `names`, which are all that
/// the library exports, and an invocation of the macro `refused!` for those that the source does not implement.
///
/// # Errors
/// When the source cannot be read, or implements a name with this prefix that is none of `names`.
pub(crate) fn table(prefix: &str, names: &[&str]) -> Result<String, Failed> {
    let implemented = implemented(prefix)?;
    if let Some(name) = implemented
        .iter()
        .find(|name| !names.contains(&name.as_str()))
    {
        return Err(format!("{CALLS} exports {name}, which is no function of the table").into());
    }
    let mut text = String::from("/// Where a function stands in the table.\n");
    text.push_str(
        "#[allow(non_upper_case_globals, dead_code, reason = \"named as the functions are\")]\n",
    );
    text.push_str("pub(crate) mod index {\n");
    for (at, name) in names.iter().enumerate() {
        writeln!(text, "    pub(crate) const {name}: usize = {at};")?;
    }
    text.push_str("}\n\nrefused! {\n");
    for name in names.iter().filter(|name| !implemented.contains(**name)) {
        writeln!(text, "    {name}")?;
    }
    text.push_str("}\n\n");
    Ok(text)
}

/// Writes what `src` includes as `table.rs`.
///
/// # Errors
/// When the file cannot be written.
pub(crate) fn write(table: &str) -> Result<(), Failed> {
    Ok(fs::write(
        Path::new(&env::var("OUT_DIR")?).join("table.rs"),
        table,
    )?)
}

/// The names behind `fn` in the files of the folder: `fn cuA | cuB (`.
fn implemented(prefix: &str) -> Result<BTreeSet<String>, Failed> {
    let mut names = BTreeSet::new();
    for entry in fs::read_dir(CALLS)? {
        let text = fs::read_to_string(entry?.path())?;
        for part in text.split(&format!("fn {prefix}")).skip(1) {
            let list = part.split('(').next().unwrap_or_default();
            let all = format!("{prefix}{list}");
            names.extend(all.split('|').map(|name| name.trim().to_owned()));
        }
    }
    Ok(names)
}
