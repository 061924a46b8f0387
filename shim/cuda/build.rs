//! Writes what follows from the table of functions: an index for each name, the functions that are exported and not
//! supported, their addresses, and names of result codes as C strings. And says how the library is linked.
//!
//! Which functions are implemented is read from `src/calls`: every `fn cu...` of an `export!` there.

use std::collections::BTreeSet;
use std::error::Error;
use std::fmt::Write as _;
use std::path::Path;
use std::{env, fs};

use vgputrace_api::{Names, PerThread, cuda};

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=src/calls");
    println!("cargo::rerun-if-changed=build.rs");
    // Programs ask for this name; and its own calls of exported functions stay inside.
    for argument in [
        "-soname,libcuda.so.1",
        "-Bsymbolic",
        "-z,now",
        "-z,nodelete",
    ] {
        println!("cargo::rustc-cdylib-link-arg=-Wl,{argument}");
    }
    let implemented = implemented(Path::new("src/calls"))?;
    let known: BTreeSet<&str> = cuda::FUNCTIONS.iter().map(|row| row.name()).collect();
    if let Some(name) = implemented
        .iter()
        .find(|name| !known.contains(name.as_str()))
    {
        return Err(format!("src/calls exports {name}, which is no function of the table").into());
    }
    let folder = env::var("OUT_DIR")?;
    fs::write(Path::new(&folder).join("table.rs"), table(&implemented)?)?;
    Ok(())
}

/// The names behind `fn` in the files of a folder: `fn cuA | cuB (`.
fn implemented(folder: &Path) -> Result<BTreeSet<String>, Box<dyn Error>> {
    let mut names = BTreeSet::new();
    for entry in fs::read_dir(folder)? {
        let text = fs::read_to_string(entry?.path())?;
        for part in text.split("fn cu").skip(1) {
            let list = part.split('(').next().unwrap_or_default();
            names.extend(
                format!("cu{list}")
                    .split('|')
                    .map(|name| name.trim().to_owned()),
            );
        }
    }
    Ok(names)
}

fn table(implemented: &BTreeSet<String>) -> Result<String, Box<dyn Error>> {
    let mut text = String::from(
        "/// Where a function stands in the table.\n#[allow(non_upper_case_globals, reason = \"named as the functions are\")]\npub(crate) mod index {\n",
    );
    for (at, row) in cuda::FUNCTIONS.iter().enumerate() {
        writeln!(text, "    pub(crate) const {}: usize = {at};", row.name())?;
    }
    text.push_str("}\n\nrefused! {\n");
    let names = || cuda::FUNCTIONS.iter().map(|row| row.name());
    for name in names().filter(|name| !implemented.contains(*name)) {
        writeln!(text, "    {name}")?;
    }
    text.push_str("}\n\n/// Every exported function, in the order of the table.\n");
    writeln!(
        text,
        "static ADDRESSES: [Address; {}] = [",
        cuda::FUNCTIONS.len()
    )?;
    for name in names() {
        writeln!(text, "    Address({name} as *const ()),")?;
    }
    text.push_str("];\n\n/// What is known of them, in the same order.\n");
    let count = cuda::FUNCTIONS.len();
    writeln!(text, "pub(crate) static ROWS: [Row; {count}] = [")?;
    for row in cuda::FUNCTIONS {
        let (name, base, version, since) = (row.name(), row.base, row.version, row.since);
        let per_thread = row.per_thread != PerThread::No;
        write!(
            text,
            "    Row {{ name: \"{name}\", base: \"{base}\", version: {version}, "
        )?;
        writeln!(text, "since: {since}, per_thread: {per_thread} }},")?;
    }
    text.push_str("];\n\n/// Result codes, their names and the words of those.\n");
    text.push_str("static CODES: &[(i32, &CStr, &CStr)] = &[\n");
    for entry in Names::CuResult.list() {
        let words = entry
            .name
            .trim_start_matches("CUDA_")
            .trim_start_matches("ERROR_");
        let words = words.to_lowercase().replace('_', " ");
        writeln!(
            text,
            "    ({}, c\"{}\", c\"{words}\"),",
            entry.number, entry.name
        )?;
    }
    text.push_str("];\n");
    Ok(text)
}
