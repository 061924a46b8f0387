//! `vgputrace shim install` and `env`: a program in a shell finds the device. And what `run --shim` says of a configuration.

use std::path::Path;
use std::process::{Command, Output};

use vgputrace_tests::{binary, gate, open_folder, test_name, trace};

fn vgputrace(arguments: &[&str], folder: &Path) -> Output {
    let binary = binary().expect("is_built was asked");
    Command::new(binary)
        .arg("shim")
        .args(arguments)
        .arg(folder)
        .output()
        .expect("vgputrace starts")
}

fn is_built(test: &str) -> bool {
    let built = binary().is_some_and(|path| path.is_file());
    if !built {
        gate::missing(test, "vgputrace is not built");
    }
    built && gate::tool(test, "python3", "--version")
}

/// Asks the driver for its devices and the name of the first.
const ASK: &str = r#"
import ctypes
cuda = ctypes.CDLL("libcuda.so.1")
print(cuda.cuInit(0))
count, name = ctypes.c_int(), ctypes.create_string_buffer(100)
print(cuda.cuDeviceGetCount(ctypes.byref(count)), count.value)
print(cuda.cuDeviceGetName(name, 100, 0), name.value.decode())
"#;

#[track_caller]
fn asked(folder: &Path) -> String {
    let variables = vgputrace(&["env"], folder);
    assert!(variables.status.success(), "{variables:?}");
    let script = String::from_utf8(variables.stdout).expect("text") + "exec python3 -c \"$1\"";
    let said = Command::new("/bin/sh")
        .args(["-c", &script, "sh", ASK])
        .env("VGPU_SYSFS", folder)
        .output()
        .expect("a shell starts");
    assert_eq!(String::from_utf8_lossy(&said.stderr), "");
    String::from_utf8(said.stdout).expect("text")
}

#[test]
fn a_shell_with_the_variables_finds_the_device() {
    if !is_built(test_name!()) {
        return;
    }
    let folder = open_folder();
    assert!(vgputrace(&["install"], folder.path()).status.success());
    assert_eq!(asked(folder.path()), "0\n0 1\n0 NVIDIA H100 80GB HBM3\n");
    let again = vgputrace(&["install"], folder.path());
    assert_eq!(again.status.code(), Some(2), "{again:?}");
}

#[test]
fn a_fault_is_installed_with_them_and_taken_away_again() {
    if !is_built(test_name!()) {
        return;
    }
    let folder = open_folder();
    let faulty = ["install", "--fault", "100-no-device"];
    assert!(vgputrace(&faulty, folder.path()).status.success());
    assert!(asked(folder.path()).starts_with("100\n"));
    let unit = vgputrace(&["env", "--unit"], folder.path());
    let unit = String::from_utf8(unit.stdout).unwrap();
    let config = folder.path().join("vgpu.toml");
    let line = format!("Environment=\"VGPU_CONFIG={}\"", config.display());
    assert!(
        unit.contains("[Service]\n") && unit.contains(&line),
        "{unit}"
    );
    let healthy = ["install", "--replace"];
    assert!(vgputrace(&healthy, folder.path()).status.success());
    assert!(asked(folder.path()).starts_with("0\n0 1\n"));
}

#[test]
fn an_unknown_fault_is_answered_with_where_the_names_are() {
    if !is_built(test_name!()) {
        return;
    }
    let folder = open_folder();
    let said = vgputrace(&["install", "--fault", "nothing-of-this"], folder.path());
    assert_eq!(said.status.code(), Some(2));
    let said = String::from_utf8_lossy(&said.stderr).into_owned();
    assert!(said.contains("vgputrace shim faults list"), "{said}");
}

#[test]
fn a_run_whose_launches_compute_nothing_says_so() {
    if !gate::engine(test_name!()) {
        return;
    }
    let folder = open_folder();
    let config = folder.path().join("vgpu.toml");
    std::fs::write(&config, "launch = \"record\"\n").unwrap();
    let option = format!("--shim={}", config.display());
    let record = trace("/bin/true").options([&option]).run();
    record.ended_with(0);
    let notes = format!("{:?}", record.events.of_kind("note"));
    assert!(notes.contains("recorded and compute nothing"), "{notes}");
}

#[test]
fn a_configuration_that_cannot_be_used_ends_the_run_before_it_begins() {
    if !gate::engine(test_name!()) {
        return;
    }
    let folder = open_folder();
    let config = folder.path().join("vgpu.toml");
    std::fs::write(&config, "lunch = 1\n").unwrap();
    let option = format!("--shim={}", config.display());
    let outcome = trace("/bin/true").options([&option]).start().finish();
    assert_eq!(outcome.status.code(), Some(125));
    assert!(outcome.err().contains("lunch"), "{}", outcome.err());
}
