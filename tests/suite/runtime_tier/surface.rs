//! Names, versions and dependencies of the libraries, and what their functions do with nothing.

use std::collections::BTreeSet;

use vgputrace_tests::npm::{self, Release};
use vgputrace_tests::runtime_tier::{LIBRARIES, Series, Tier, dynamic, exports, imports, read};
use vgputrace_tests::{test_name, wheels, workspace};

use super::{calls, ends_well};

#[test]
fn every_name_of_the_original_is_there_under_its_version_and_no_other() {
    for series in Series::ALL {
        for library in LIBRARIES {
            let Some(file) = series.built(test_name!(), library) else {
                return;
            };
            let soname = series.soname(library);
            let names = series.names(library).into_iter();
            let expected: BTreeSet<String> =
                names.map(|name| format!("{name}@@{soname}")).collect();
            let got = exports(&file);
            let differing: Vec<_> = expected.symmetric_difference(&got).collect();
            assert!(differing.is_empty(), "{soname}: {differing:?}");
            assert_eq!(dynamic(&file, "SONAME"), [soname]);
        }
    }
}

#[test]
fn the_names_are_those_of_the_original_itself() {
    for series in Series::ALL {
        let Some(original) = wheels::original(test_name!(), series) else {
            return;
        };
        let soname = series.soname("cudart");
        let names = series.names("cudart").into_iter();
        let ours: BTreeSet<String> = names.map(|name| format!("{name}@@{soname}")).collect();
        assert_eq!(exports(&original.library()), ours);
    }
}

#[test]
fn they_need_the_c_library_and_each_other_as_the_originals_do_and_nothing_of_a_driver() {
    for series in Series::ALL {
        for library in LIBRARIES {
            let Some(file) = series.built(test_name!(), library) else {
                return;
            };
            for needed in dynamic(&file, "NEEDED") {
                let is_basic = [
                    "libc.so.6",
                    "libm.so.6",
                    "libgcc_s.so.1",
                    "ld-linux-x86-64.so.2",
                ]
                .contains(&needed.as_str());
                // NVIDIA's libcublas needs it too.
                let is_lt = library == "cublas" && needed == series.soname("cublasLt");
                assert!(is_basic || is_lt, "{}: {needed}", file.display());
            }
        }
    }
}

/// The names of an exports table: those that begin an entry or a function, as the build script reads them.
fn implemented(table: &str) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for line in read(&workspace().join(table)).lines() {
        let line = line.trim().trim_start_matches("extern \"C\" fn ");
        let before = line.split_once('(').map_or("", |(before, _)| before);
        let is_name = |word: &str| {
            let word = word.trim_start_matches('_');
            word.starts_with("cuda") || word.starts_with("cublas")
        };
        if before.split_whitespace().all(is_name) {
            names.extend(before.split_whitespace().map(str::to_owned));
        }
    }
    names
}

#[test]
fn the_document_lists_what_is_implemented() {
    let document = read(&workspace().join("docs/RUNTIME_TIER.md"));
    let mut lists = document.split("```text\n").skip(1);
    for table in [
        "shim/cudart/src/exports_table.rs",
        "shim/cublas/src/exports_table.rs",
        "shim/cublas/src/lt.rs",
    ] {
        let list = lists.next().and_then(|list| list.split("```").next());
        let listed = list.unwrap_or_default().split_whitespace();
        let listed: BTreeSet<String> = listed.map(str::to_owned).collect();
        assert_eq!(listed, implemented(table), "{table}");
    }
}

/// The packages whose imports are kept in `corpus/imports`.
const PACKAGES: [&str; 4] = ["3.12.0", "3.14.5", "3.20.0", "3.22.1"];

fn kept(package: &str) -> BTreeSet<String> {
    let file = format!("tests/corpus/imports/ggml-cuda-{package}.txt");
    read(&workspace().join(file))
        .lines()
        .map(str::to_owned)
        .collect()
}

#[test]
fn whatever_real_backends_import_is_implemented() {
    let cudart = implemented("shim/cudart/src/exports_table.rs");
    let cublas = implemented("shim/cublas/src/exports_table.rs");
    for package in PACKAGES {
        for import in kept(package) {
            let Some((name, soname)) = import.split_once('@') else {
                panic!("{package}: {import}");
            };
            let series = if soname.ends_with("13") {
                Series::Thirteen
            } else {
                Series::Twelve
            };
            let (library, done) = if soname.contains("cudart") {
                ("cudart", &cudart)
            } else {
                ("cublas", &cublas)
            };
            assert!(done.contains(name), "{package}: {name} is refused");
            assert!(series.names(library).contains(name), "{package}: {import}");
        }
    }
}

#[test]
fn the_kept_imports_are_those_of_the_real_backends() {
    for (release, package) in [(Release::B6122, "3.12.0"), (Release::B10361, "3.20.0")] {
        let Some(backend) = npm::cuda_backend(test_name!(), release) else {
            return;
        };
        let all = imports(&backend).into_iter();
        let ours: BTreeSet<String> = all
            .filter(|symbol| symbol.contains("@libcudart") || symbol.contains("@libcublas"))
            .collect();
        assert_eq!(ours, kept(package));
    }
}

/// The structure it returns goes to an address that the caller passes unseen.
const RETURNS_A_STRUCTURE: &str = "cudaCreateChannelDesc";

#[test]
fn every_function_survives_a_call_with_nothing() {
    for series in Series::ALL {
        for library in LIBRARIES {
            let Some(tier) = Tier::without_driver(test_name!(), series) else {
                return;
            };
            let names = series.names(library).into_iter();
            let names = names.filter(|name| name != RETURNS_A_STRUCTURE);
            let target = calls(&tier, series, "nothing");
            ends_well(&target.arg(series.soname(library)).args(names));
        }
    }
}
