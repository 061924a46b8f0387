//! Build script of all packages of the runtime tier: how the library is linked, and its functions that are not supported.
//!
//! A package is called `vgputrace-LIBRARYSERIES`, as in `vgputrace-cudart12`. In: `names/libLIBRARY.so.SERIES.txt` beside the source, every name that
//! NVIDIA's library of that series exports, and the source's table of exports. Out: linker arguments; `refused.rs` with an
//! invocation of the macro `refused!` for the names that the table lacks.
//!
//! The version node of NVIDIA's libraries is their SONAME; GNU ld's `--default-symver` makes exactly that of an unversioned
//! export. (A version script of ours could not be combined with the one that rustc passes.)

#![expect(clippy::print_stdout, reason = "how a build script talks to cargo")]

use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::Path;
use std::process::Command;
use std::{env, fs};

type Failed = Box<dyn std::error::Error>;

fn main() -> Result<(), Failed> {
    let package = env::var("CARGO_PKG_NAME")?;
    let name = package.trim_start_matches("vgputrace-");
    let series = name.trim_start_matches(|one: char| !one.is_ascii_digit());
    let library = name.trim_end_matches(series);
    // Package names are lower case, NVIDIA's cublasLt is not.
    let library = if library == "cublaslt" {
        "cublasLt"
    } else {
        library
    };
    let soname = format!("lib{library}.so.{series}");

    println!("cargo::rustc-check-cfg=cfg(cuda12, cuda13)");
    println!("cargo::rustc-cfg=cuda{series}");
    println!("cargo::rustc-env=SONAME={soname}");
    for argument in [
        // --default-symver is GNU ld's alone.
        "-fuse-ld=bfd",
        &format!("-Wl,-soname,{soname}"),
        "-Wl,--default-symver",
        "-Wl,-Bsymbolic",
        "-Wl,-z,defs",
    ] {
        println!("cargo::rustc-cdylib-link-arg={argument}");
    }
    if library == "cublas" {
        needs(&format!("libcublasLt.so.{series}"))?;
    }

    let folder = env::var("CARGO_MANIFEST_DIR")?;
    let folder = Path::new(&folder).parent().ok_or("a package at the root")?;
    let names = folder.join(format!("names/{soname}.txt"));
    let table = match library {
        "cublasLt" => folder.join("src/lt.rs"),
        _ => folder.join("src/exports_table.rs"),
    };
    for file in [&names, &table] {
        println!("cargo::rerun-if-changed={}", file.display());
    }
    let done = exported(&fs::read_to_string(table)?);
    let mut refused = String::from("refused! {\n");
    for name in fs::read_to_string(names)?.lines() {
        if !done.contains(name) {
            writeln!(refused, "    {name}")?;
        }
    }
    refused.push_str("}\n");
    fs::write(Path::new(&env::var("OUT_DIR")?).join("refused.rs"), refused)?;
    Ok(())
}

/// Makes the library need another one, as NVIDIA's does. The linker reads its name from an empty library.
fn needs(soname: &str) -> Result<(), Failed> {
    let file = Path::new(&env::var("OUT_DIR")?).join(soname);
    let made = Command::new("cc")
        .args(["-shared", "-nostdlib", "-x", "c", "/dev/null"])
        .arg(format!("-Wl,-soname,{soname}"))
        .arg("-o")
        .arg(&file)
        .status()?;
    if !made.success() {
        return Err(format!("cc could not make {}", file.display()).into());
    }
    for argument in [
        "-Wl,--no-as-needed",
        &file.display().to_string(),
        "-Wl,--as-needed",
    ] {
        println!("cargo::rustc-cdylib-link-arg={argument}");
    }
    Ok(())
}

/// The names in a table of exports: those that begin an entry, before its parameters.
fn exported(table: &str) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for line in table.lines() {
        let line = line.trim().trim_start_matches("extern \"C\" fn ");
        let Some((before, _)) = line.split_once('(') else {
            continue;
        };
        let words: Vec<&str> = before.split_whitespace().collect();
        let is_name = |word: &&str| {
            let word = word.trim_start_matches('_');
            word.starts_with("cuda") || word.starts_with("cublas")
        };
        if words.iter().all(is_name) {
            names.extend(words.into_iter().map(str::to_owned));
        }
    }
    names
}
