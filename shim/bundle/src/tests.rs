//! The files, and what the system's own loader says of the changed ones.

use std::path::Path;
use std::process::Command;

use proptest::prelude::*;
use vgputrace_device::library::{DRIVER, RUNTIME};
use vgputrace_device::ready::{Change, FAULTS, Ready, by_name};

use super::change::{Error, changed};
use super::files;

fn fault(name: &str) -> &'static Ready {
    by_name(name).unwrap()
}

/// Writes all files of a fault into a folder, under their SONAMEs.
fn write(faults: &[&Ready], folder: &Path) {
    for file in files(faults).unwrap() {
        if let Some(bytes) = &file.bytes {
            std::fs::write(folder.join(file.library.soname), bytes).unwrap();
        }
    }
}

/// Loads a library of the folder in a process of its own, everything resolved at once: what the loader says, empty when it was content.
fn loader(folder: &Path, soname: &str) -> String {
    let path = folder.join(soname);
    let done = Command::new(env!("CARGO"))
        .arg("--version")
        .env_remove("LD_PRELOAD")
        .env("LD_LIBRARY_PATH", folder)
        .env("LD_BIND_NOW", "1")
        .env("LD_PRELOAD", &path)
        .output()
        .unwrap();
    String::from_utf8_lossy(&done.stderr).into_owned()
}

#[test]
fn every_library_is_there_and_the_loader_takes_it() {
    let all = files(&[]).unwrap();
    assert_eq!(all.len(), DRIVER.len() + RUNTIME.len());
    let folder = tempfile::tempdir().unwrap();
    write(&[], folder.path());
    for file in all {
        assert!(file.change.is_none());
        let said = loader(folder.path(), file.library.soname);
        assert_eq!(said, "", "{}", file.library.soname);
    }
}

#[test]
fn every_fault_that_changes_a_file_changes_those_of_its_name_and_no_other() {
    let plain = files(&[]).unwrap();
    for fault in FAULTS {
        let made = files(&[fault]).unwrap();
        let differing: Vec<&str> = plain
            .iter()
            .zip(&made)
            .filter(|(plain, made)| plain.bytes != made.bytes)
            .map(|(plain, _)| plain.library.soname)
            .collect();
        assert_eq!(
            differing.is_empty(),
            fault.is_in_configuration(),
            "{}",
            fault.name
        );
        if fault.name == "cublas-version-node" {
            assert_eq!(differing, ["libcublas.so.12", "libcublas.so.13"]);
        }
    }
}

#[test]
fn a_library_for_32_bits_and_one_that_needs_what_nobody_has_are_refused_by_the_loader() {
    let folder = tempfile::tempdir().unwrap();
    write(
        &[fault("cuda-32-bit"), fault("nvml-undefined-helper")],
        folder.path(),
    );
    let said = loader(folder.path(), "libcuda.so.1");
    assert!(said.contains("wrong ELF class: ELFCLASS32"), "{said}");
    let said = loader(folder.path(), "libnvidia-ml.so.1");
    assert!(said.contains("undefined symbol: vgpu_helper"), "{said}");
}

#[test]
fn libcublas_cannot_be_loaded_without_libcublaslt() {
    let folder = tempfile::tempdir().unwrap();
    write(&[fault("cublaslt-missing")], folder.path());
    for series in [12, 13] {
        let said = loader(folder.path(), &format!("libcublas.so.{series}"));
        let missing = format!("libcublasLt.so.{series}: cannot open shared object file");
        assert!(said.contains(&missing), "{said}");
    }
}

#[test]
fn what_is_no_library_is_not_changed() {
    assert_eq!(changed(b"", Change::Truncated), Err(Error::NoLibrary));
    assert_eq!(changed(b"\x7fELF", Change::Class32), Err(Error::NoLibrary));
    let library = files(&[]).unwrap().swap_remove(0).bytes.unwrap();
    let absent = changed(&library, Change::WithoutSymbol("cuNobodyHasThis"));
    assert_eq!(absent, Err(Error::NotThere("symbol")));
}

const CHANGES: [Change; 5] = [
    Change::WithoutSymbol("cuMemCreate"),
    Change::UndefinedSymbol,
    Change::OtherVersion,
    Change::Truncated,
    Change::Class32,
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_damage_is_survived(damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..64), which in 0..8_usize) {
        let mut bytes = files(&[]).unwrap().swap_remove(which).bytes.unwrap();
        // Headers and tables stand at both ends of the file.
        let edge = bytes.len().min(4096);
        for (place, value) in damage {
            let at = place.index(edge * 2);
            let at = if at < edge { at } else { bytes.len() - 1 - (at - edge) };
            bytes[at] = value;
        }
        for change in CHANGES {
            let _ = changed(&bytes, change);
        }
    }
}
