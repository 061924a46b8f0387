//! Writes what follows from the table of functions: an index for each name, the functions that are exported and not
//! supported, and words for result codes. And says how the library is linked.

#[path = "../driver_build.rs"]
mod driver_build;

use std::fmt::Write as _;

use driver_build::Failed;
use vgputrace_api::{Names, nvml};

fn main() -> Result<(), Failed> {
    driver_build::link("libnvidia-ml.so.1");
    let names: Vec<&str> = nvml::FUNCTIONS.iter().map(|row| row.name()).collect();
    let mut text = driver_build::table("nvml", &names)?;
    rows(&mut text)?;
    codes(&mut text)?;
    driver_build::write(&text)
}

fn rows(text: &mut String) -> Result<(), Failed> {
    let count = nvml::FUNCTIONS.len();
    text.push_str(
        "/// Name and base name of every exported function, in the order of the table.\n",
    );
    writeln!(text, "pub(crate) static ROWS: [(&str, &str); {count}] = [")?;
    for row in nvml::FUNCTIONS {
        writeln!(text, "    (\"{}\", \"{}\"),", row.name(), row.base)?;
    }
    text.push_str("];\n\n");
    Ok(())
}

fn codes(text: &mut String) -> Result<(), Failed> {
    text.push_str("/// Result codes and the words of their names.\n");
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
    Ok(())
}
