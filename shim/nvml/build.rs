//! Writes what follows from the table of functions: an index for each name, the functions that are exported and not
//! supported, and words for result codes. And says how the library is linked.
//!
//! Which functions are implemented is read from `src/calls`: every `fn nvml...` there.

use std::collections::BTreeSet;
use std::error::Error;
use std::fmt::Write as _;
use std::path::Path;
use std::{env, fs};

use vgputrace_api::{Names, nvml};

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=src/calls");
    println!("cargo::rerun-if-changed=build.rs");
    // Programs ask for this name; and its own calls of exported functions stay inside.
    for argument in [
        "-soname,libnvidia-ml.so.1",
        "-Bsymbolic",
        "-z,now",
        "-z,nodelete",
    ] {
        println!("cargo::rustc-cdylib-link-arg=-Wl,{argument}");
    }
    let implemented = implemented(Path::new("src/calls"))?;
    let known: BTreeSet<&str> = nvml::FUNCTIONS.iter().map(|row| row.name()).collect();
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

/// The names behind `fn` in the files of a folder: `fn nvmlA | nvmlB (`.
fn implemented(folder: &Path) -> Result<BTreeSet<String>, Box<dyn Error>> {
    let mut names = BTreeSet::new();
    for entry in fs::read_dir(folder)? {
        let text = fs::read_to_string(entry?.path())?;
        for part in text.split("fn nvml").skip(1) {
            let list = part.split('(').next().unwrap_or_default();
            let all = format!("nvml{list}");
            names.extend(all.split('|').map(|name| name.trim().to_owned()));
        }
    }
    Ok(names)
}

fn table(implemented: &BTreeSet<String>) -> Result<String, Box<dyn Error>> {
    let mut text = String::from("/// Where a function stands in the table.\n");
    text.push_str(
        "#[allow(non_upper_case_globals, dead_code, reason = \"named as the functions are\")]\n",
    );
    text.push_str("pub(crate) mod index {\n");
    for (at, row) in nvml::FUNCTIONS.iter().enumerate() {
        writeln!(text, "    pub(crate) const {}: usize = {at};", row.name())?;
    }
    text.push_str("}\n\nrefused! {\n");
    let names = || nvml::FUNCTIONS.iter().map(|row| row.name());
    for name in names().filter(|name| !implemented.contains(*name)) {
        writeln!(text, "    {name}")?;
    }
    text.push_str(
        "}\n\n/// Name and base name of every exported function, in the order of the table.\n",
    );
    let count = nvml::FUNCTIONS.len();
    writeln!(text, "pub(crate) static ROWS: [(&str, &str); {count}] = [")?;
    for row in nvml::FUNCTIONS {
        writeln!(text, "    (\"{}\", \"{}\"),", row.name(), row.base)?;
    }
    text.push_str("];\n\n/// Result codes and the words of their names.\n");
    text.push_str("pub(crate) static CODES: &[(i32, &CStr)] = &[\n");
    for entry in Names::NvmlReturn.list() {
        let words = entry
            .name
            .trim_start_matches("NVML_")
            .trim_start_matches("ERROR_");
        let words = words.to_lowercase().replace('_', " ");
        writeln!(text, "    ({}, c\"{words}\"),", entry.number)?;
    }
    text.push_str("];\n");
    Ok(text)
}
