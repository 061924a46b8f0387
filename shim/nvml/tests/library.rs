//! The built libnvidia-ml.so.1 under programs in C, and what a loader sees of it.
#![expect(
    clippy::unwrap_used,
    reason = "a test fails where something cannot be had"
)]

use std::collections::BTreeSet;
use std::fs;
use std::io::Write as _;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use object::read::elf::ElfFile64;
use object::{Endianness, Object as _, ObjectSymbol as _};
use tempfile::TempDir;
use vgputrace_api::nvml;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// The library that cargo built for these tests.
fn built() -> PathBuf {
    let program = std::env::current_exe().unwrap();
    program.parent().unwrap().join("libvgpu_nvml.so")
}

/// A folder with the library under its name, and a program that is linked with it.
fn compiled(name: &str) -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let library = folder.path().join("libnvidia-ml.so.1");
    symlink(built(), &library).unwrap();
    let program = folder.path().join(name);
    let mut gcc = Command::new("gcc");
    gcc.args(["-O1", "-Wall", "-o"]).arg(&program);
    gcc.arg(format!("{ROOT}/tests/programs/{name}.c"))
        .arg(&library)
        .arg("-ldl");
    gcc.arg(format!("-Wl,-rpath,{}", folder.path().display()));
    let output = gcc.output().unwrap();
    assert!(output.status.success(), "{}", said(&output));
    (folder, program)
}

fn command(folder: &Path, program: &Path, fault: &str) -> Command {
    let file = folder.join("vgpu.toml");
    fs::write(&file, "").unwrap();
    let mut command = Command::new(program);
    command
        .env("VGPU_CONFIG", file)
        .env("VGPU_SYSFS", folder)
        .env("VGPU_FAULT", fault);
    command
}

fn said(output: &Output) -> String {
    let streams = [&output.stdout, &output.stderr];
    streams
        .map(|stream| String::from_utf8_lossy(stream))
        .concat()
}

fn asked(fault: &str) -> String {
    let (folder, program) = compiled("ask");
    let output = command(folder.path(), &program, fault).output().unwrap();
    assert!(output.status.success(), "{}", said(&output));
    said(&output)
}

#[test]
fn what_is_configured_is_answered() {
    let expected = "before 1\ninit 0 Success\ndriver 0 580.65.06\nshort 7\ncuda 0 13000\ncount 0 1\n\
                    handle 0\nhandle 2\nname 0 NVIDIA H100 80GB HBM3\n\
                    uuid 0 GPU-76677075-0000-8000-8000-000000000005\nsame 0 1\nmemory 0 81920 81920\n\
                    bus 0 0000:00:05.0 00000000:00:05.0\nmig 0 0\ntemperature 3\nend 0 1\n";
    assert_eq!(asked(""), expected);
}

#[test]
fn faults_strike_the_calls_they_name() {
    for (fault, expected) in [
        ("803-mismatch", "init 18 Driver/library version mismatch\n"),
        ("nvml-999", "init 999 Unknown Error\n"),
        ("driver-535", "driver 0 535.183.01\n"),
        ("mig", "mig 0 1\n"),
        ("out-of-memory", "memory 0 81920 0\n"),
        ("999-after-suspend", "init 0 Success\n"),
    ] {
        let told = asked(fault);
        assert!(told.contains(expected), "{fault}: {told}");
    }
}

#[test]
fn no_garbage_makes_a_function_crash() {
    let (folder, program) = compiled("garbage");
    let mut command = command(folder.path(), &program, "");
    command.arg(folder.path().join("libnvidia-ml.so.1"));
    command.stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let names: Vec<&str> = nvml::FUNCTIONS.iter().map(|row| row.name()).collect();
    child
        .stdin
        .take()
        .unwrap()
        .write_all(names.join("\n").as_bytes())
        .unwrap();
    let output = child.wait_with_output().unwrap();
    let expected = format!("{} functions\n", names.len());
    assert!(output.status.success(), "{}", said(&output));
    assert_eq!(said(&output), expected);
}

#[test]
fn exactly_the_functions_of_the_table_are_exported_and_nothing_of_ours_is_missing() {
    let bytes = fs::read(built()).unwrap();
    let file = ElfFile64::<Endianness>::parse(&*bytes).unwrap();
    let exported: BTreeSet<&str> = file
        .dynamic_symbols()
        .filter(|symbol| symbol.is_definition())
        .map(|symbol| symbol.name().unwrap())
        .collect();
    assert_eq!(
        exported,
        nvml::FUNCTIONS.iter().map(|row| row.name()).collect()
    );
    for symbol in file
        .dynamic_symbols()
        .filter(|symbol| symbol.is_undefined())
    {
        let name = symbol.name().unwrap();
        let is_ours = name.starts_with("cu") || name.contains("vgpu") || name.starts_with("nvml");
        assert!(!is_ours, "{name}");
    }
}
