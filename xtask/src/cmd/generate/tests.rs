//! On the real headers; skipped by name where they have not been fetched (`cargo xtask gen` or `./x test` does).

use std::fmt::Write as _;
use std::fs;
use std::process::Command;

use vgputrace_api::layout::{Field, Struct};

use super::headers::{PACKAGES, present, stand_in};
use super::{FOLDER, make};
use crate::machine;

/// True when the headers are here; says why not otherwise.
fn gate(test: &str) -> bool {
    let root = machine::root();
    let lacks = if !present(&root) {
        "the header packages are not in .cache/wheels (fetching them needs the network)"
    } else if machine::program("gcc").is_none() {
        "gcc is missing"
    } else {
        return true;
    };
    println!("vgputrace-skip: {test}: {lacks}");
    false
}

#[test]
fn the_generated_table_is_what_the_headers_give() {
    if !gate("the_generated_table_is_what_the_headers_give") {
        return;
    }
    let root = machine::root();
    let files = match make(&root) {
        Ok(files) => files,
        Err(error) => panic!("{error:#}"),
    };
    assert_eq!(files.len(), 4);
    for (name, text) in files {
        let there = fs::read_to_string(root.join(FOLDER).join(&name)).unwrap_or_default();
        assert!(there == text, "{name} differs: run 'cargo xtask gen'");
    }
}

/// Checks of one structure for the compiler.
fn assertions(of: Struct) -> String {
    let layout = of.layout();
    let mut text = String::new();
    let relation = if layout.partial { ">=" } else { "==" };
    let c_name = layout.c_name;
    let _ = writeln!(
        text,
        "_Static_assert(sizeof({c_name}) {relation} {}, \"size of {c_name}\");",
        layout.size
    );
    for Field { name, offset, kind } in layout.fields {
        let size = kind.size();
        let _ = writeln!(
            text,
            "_Static_assert(offsetof({c_name}, {name}) == {offset}, \"{c_name}.{name}\");\n\
             _Static_assert(sizeof((({c_name} *)0)->{name}) == {size}, \"size of {c_name}.{name}\");"
        );
    }
    text
}

#[test]
fn the_layouts_are_those_of_the_headers_in_both_series() {
    if !gate("the_layouts_are_those_of_the_headers_in_both_series") {
        return;
    }
    let root = machine::root();
    let folder = machine::target(&root).join("xtask");
    fs::create_dir_all(&folder).unwrap();
    for package in &PACKAGES {
        let is_nvml = package.name.contains("nvml");
        let headers = if is_nvml {
            "nvml.h"
        } else {
            "driver_types.h>\n#include <cuda.h"
        };
        let mut text = format!("#include <stddef.h>\n#include <{headers}>\n");
        let mut count = 0;
        for of in Struct::ALL {
            let name = of.layout().c_name;
            if name.starts_with("Vk") || name.starts_with("nvml") != is_nvml {
                continue;
            }
            text.push_str(&assertions(*of));
            count += 1;
        }
        assert!(count >= 3, "{}", package.name);
        let file = folder.join(format!("layouts-{}.c", package.name));
        fs::write(&file, text).unwrap();
        let output = Command::new("gcc")
            .args(["-fsyntax-only", "-I"])
            .arg(stand_in(&root).unwrap())
            .arg("-I")
            .arg(package.folder(&root))
            .arg(&file)
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{}:\n{said}", package.name);
    }
}
