//! Writes what follows from the table of functions: an index for each name, the functions that are exported and not
//! supported, their addresses, and names of result codes as C strings. And says how the library is linked.

#[path = "../driver_build.rs"]
mod driver_build;

use std::fmt::Write as _;

use driver_build::Failed;
use vgputrace_api::{Names, PerThread, cuda};

fn main() -> Result<(), Failed> {
    driver_build::link("libcuda.so.1");
    let names: Vec<&str> = cuda::FUNCTIONS.iter().map(|row| row.name()).collect();
    let mut text = driver_build::table("cu", &names)?;
    rows(&mut text)?;
    codes(&mut text)?;
    driver_build::write(&text)
}

/// Address and version of every exported function.
fn rows(text: &mut String) -> Result<(), Failed> {
    let count = cuda::FUNCTIONS.len();
    text.push_str("/// Every exported function, in the order of the table.\n");
    writeln!(text, "static ADDRESSES: [Address; {count}] = [")?;
    for row in cuda::FUNCTIONS {
        writeln!(text, "    Address({} as *const ()),", row.name())?;
    }
    text.push_str("];\n\n/// What is known of them, in the same order.\n");
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
    text.push_str("];\n\n");
    Ok(())
}

fn codes(text: &mut String) -> Result<(), Failed> {
    text.push_str("/// Result codes, their names and the words of those.\n");
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
    Ok(())
}
