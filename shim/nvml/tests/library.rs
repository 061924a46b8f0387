//! The built libnvidia-ml.so.1 under programs in C, and what a loader sees of it.
#![expect(
    clippy::unwrap_used,
    reason = "a test fails where something cannot be had"
)]

#[path = "../../driver_tests/place.rs"]
mod place;

use std::collections::BTreeSet;
use std::fs;

use object::read::elf::ElfFile64;
use object::{Endianness, Object as _, ObjectSymbol as _};
use place::{Place, built, said};
use vgputrace_api::nvml;

const FILE: &str = "libvgpu_nvml.so";

fn place() -> Place {
    Place::new(FILE, "libnvidia-ml.so.1")
}

fn asked(fault: &str) -> String {
    let place = place();
    let program = place.compile("ask", &[]);
    let mut command = place.command(&program, "");
    let output = command.env("VGPU_FAULT", fault).output().unwrap();
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
    let table = nvml::FUNCTIONS.iter().map(|row| row.name());
    place().endures_garbage(&table.collect::<Vec<_>>());
}

#[test]
fn exactly_the_functions_of_the_table_are_exported_and_nothing_of_ours_is_missing() {
    let bytes = fs::read(built(FILE)).unwrap();
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
