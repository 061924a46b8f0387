//! The built libcuda.so.1 under programs in C, and what a loader sees of it.

#![expect(
    clippy::unwrap_used,
    reason = "a test fails where something cannot be had"
)]

#[path = "../../driver_tests/place.rs"]
mod place;

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::process::ExitStatusExt as _;
use std::path::Path;
use std::process::Stdio;

use object::read::elf::{Dyn as _, ElfFile64, FileHeader as _};
use object::{Endianness, Object as _, ObjectSymbol as _, elf};
use place::{Place, built, said};

const ROOT: &str = env!("CARGO_MANIFEST_DIR");
const FILE: &str = "libvgpu_cuda.so";

fn place() -> Place {
    Place::new(FILE, "libcuda.so.1")
}

/// What `ask.c` prints with this configuration and these variables.
fn asked(config: &str, variables: &[(&str, &str)]) -> String {
    let place = place();
    let program = place.compile("ask", &[]);
    let mut command = place.command(&program, config);
    command.envs(variables.iter().copied());
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", said(&output));
    said(&output)
}

/// Compiles a program against our declarations, or against the published header in this folder, and runs it.
fn as_expected(name: &str, header: Option<&Path>) {
    let place = place();
    let headers =
        header.map(|folder| vec!["-DCUDA_H".to_owned(), format!("-I{}", folder.display())]);
    let program = place.compile(name, &headers.unwrap_or_default());
    let output = place.command(&program, "").output().unwrap();
    let told = said(&output);
    assert!(
        output.status.success() && told.ends_with("all as expected\n"),
        "{told}"
    );
}

#[test]
fn a_plain_program_of_the_driver_api_runs() {
    as_expected("whole", None);
}

#[test]
fn captured_work_is_done_when_its_graph_runs() {
    as_expected("graphs", None);
}

#[test]
fn the_published_header_fits_the_library() {
    let wheels = Path::new(ROOT).join("../../.cache/wheels");
    let folder = wheels.join("nvidia-cuda-runtime-13.5.37/nvidia/cu13/include");
    if !folder.is_dir() {
        println!(
            "vgputrace-skip: the_published_header_fits_the_library: the headers are not fetched"
        );
        return;
    }
    as_expected("whole", Some(&folder));
    as_expected("graphs", Some(&folder));
}

#[test]
fn kernels_are_found_and_launches_are_refused_or_recorded() {
    for (config, expected, noted) in [
        (
            "",
            "801",
            "launch refused, there is no GPU: scale grid [1, 1, 1] block [32, 1, 1]",
        ),
        (
            "launch = \"record\"",
            "0",
            "launch recorded, nothing computed: other grid [1, 1, 1]",
        ),
    ] {
        let place = place();
        let program = place.compile("kernels", &[]);
        let log = place.path().join("log");
        let mut command = place.command(&program, config);
        let output = command
            .arg(expected)
            .env("VGPU_LOG", &log)
            .output()
            .unwrap();
        assert_eq!(said(&output), "all as expected\n");
        let log = fs::read_to_string(log).unwrap();
        assert!(log.contains(noted), "{log}");
    }
}

#[test]
fn many_threads_can_do_everything_at_once() {
    as_expected("threads", None);
}

#[test]
fn no_garbage_makes_a_function_crash() {
    let table = vgputrace_api::cuda::FUNCTIONS.iter().map(|row| row.name());
    place().endures_garbage(&table.collect::<Vec<_>>());
}

#[test]
fn exactly_the_functions_of_the_table_are_exported() {
    let bytes = fs::read(built(FILE)).unwrap();
    let file = ElfFile64::<Endianness>::parse(&*bytes).unwrap();
    let dynamic = || file.dynamic_symbols();
    let exported: BTreeSet<&str> = dynamic()
        .filter(|symbol| symbol.is_definition())
        .map(|symbol| symbol.name().unwrap())
        .collect();
    let table = vgputrace_api::cuda::FUNCTIONS.iter().map(|row| row.name());
    assert_eq!(exported, table.collect());
    // Nothing is needed that only another part of this project, or another libcuda, could have.
    for symbol in dynamic().filter(|symbol| symbol.is_undefined()) {
        let name = symbol.name().unwrap();
        let is_ours = name.starts_with("cu") || name.contains("vgpu") || name.starts_with("nvml");
        assert!(!is_ours, "{name}");
    }
}

#[test]
fn the_loader_finds_the_right_name_and_only_the_c_library_below() {
    let bytes = fs::read(built(FILE)).unwrap();
    let file = ElfFile64::<Endianness>::parse(&*bytes).unwrap();
    let (endian, header) = (file.endian(), file.elf_header());
    let sections = header.sections(endian, &*bytes).unwrap();
    let (entries, strings) = sections.dynamic(endian, &*bytes).unwrap().unwrap();
    let strings = sections.strings(endian, &*bytes, strings).unwrap();
    let mut needed = BTreeSet::new();
    let mut soname = "";
    for entry in entries {
        let text = || std::str::from_utf8(entry.string(endian, strings).unwrap()).unwrap();
        match entry.tag32(endian) {
            Some(tag) if i64::from(tag) == elf::DT_NEEDED.0 => drop(needed.insert(text())),
            Some(tag) if i64::from(tag) == elf::DT_SONAME.0 => soname = text(),
            _ => {}
        }
    }
    assert_eq!(soname, "libcuda.so.1");
    let allowed = ["libgcc_s.so.1", "libc.so.6", "ld-linux-x86-64.so.2"];
    assert!(
        needed.iter().all(|name| allowed.contains(name)),
        "{needed:?}"
    );
}

#[test]
fn configuration_and_visible_devices_shape_what_a_program_sees() {
    let told = asked("", &[]);
    assert!(
        told.contains("version 0 13000\ninit 0\ncount 0 1\n"),
        "{told}"
    );
    assert!(told.contains("free 0 81920\nalloc 0\n"), "{told}");
    let two = "[[device]]\nname = \"A\"\nmemory_mib = 1000\n[[device]]\nname = \"B\"\n";
    let told = asked(two, &[("CUDA_VISIBLE_DEVICES", "1,0")]);
    assert!(
        told.find("name 0 B").unwrap() < told.find("name 0 A").unwrap(),
        "{told}"
    );
    assert!(
        told.contains("count 0 2") && told.contains("total 0 1000"),
        "{told}"
    );
    let told = asked(two, &[("CUDA_VISIBLE_DEVICES", "-1")]);
    assert!(told.contains("init 100\ncount 3 -1\n"), "{told}");
    // A configuration that cannot be read must not look like a healthy device.
    let told = asked("nonsense", &[]);
    assert!(told.contains("version 802 -1\ninit 802\n"), "{told}");
}

#[test]
fn faults_strike_the_calls_they_name() {
    for (fault, expected) in [
        (
            "999-after-suspend",
            "version 0 13000\ninit 999\ncount 3 -1\n",
        ),
        ("803-mismatch", "init 803\n"),
        ("100-no-device", "init 100\n"),
        ("stub-library", "version 34 -1\ninit 34\n"),
        ("driver-535", "version 0 12020\ninit 0\n"),
        ("cc-6.1", "major 0 6\n"),
        ("props-skew", "major 0 0\n"),
        ("mem-info-fails", "retain 0\nfree 999 0\nalloc 0\n"),
        ("801-vgpu-memory", "alloc 801\n"),
        ("800-device-revoked", "retain 800\n"),
        ("out-of-memory", "free 0 0\nalloc 2\n"),
        ("mig", "name 0 NVIDIA H100 80GB HBM3 MIG 1g.10gb\n"),
    ] {
        let told = asked("", &[("VGPU_FAULT", fault)]);
        assert!(told.contains(expected), "{fault}: {told}");
    }
    let wrong = "[[fault]]\nfunction = \"cuDeviceGetCount\"\nvalue = 0\n";
    assert!(asked(wrong, &[]).contains("init 0\ncount 0 0\n"));
    let lost = "[lost]\nafter_ms = 0\ncode = \"CUDA_ERROR_DEVICE_UNAVAILABLE\"\n";
    assert!(asked(lost, &[]).contains("init 0\ncount 46 -1\n"));
}

#[test]
fn a_fault_can_end_the_process() {
    for (fault, signal) in [("crash", 11), ("abort", 6)] {
        let place = place();
        let program = place.compile("ask", &[]);
        let config = format!("[[fault]]\nfunction = \"cuInit\"\naction = \"{fault}\"\n");
        let output = place.command(&program, &config).output().unwrap();
        assert_eq!(output.status.signal(), Some(signal), "{}", said(&output));
    }
}

#[test]
fn a_call_that_hangs_stays_open() {
    let place = place();
    let program = place.compile("ask", &[]);
    let config = "[[fault]]\nfunction = \"cuDeviceGetCount\"\naction = \"hang\"\n";
    let log = place.path().join("log");
    let mut command = place.command(&program, config);
    command.env("VGPU_LOG", &log).stdout(Stdio::null());
    let mut child = command.spawn().unwrap();
    // The log tells when the call has begun; from then on only the fault keeps the program alive.
    while !fs::read_to_string(&log).is_ok_and(|text| text.contains("cuDeviceGetCount")) {
        assert!(
            child.try_wait().unwrap().is_none(),
            "it ended before the call"
        );
        std::thread::yield_now();
    }
    assert!(child.try_wait().unwrap().is_none());
    child.kill().unwrap();
    child.wait().unwrap();
}

#[test]
fn the_document_lists_what_is_implemented() {
    let mut names = BTreeSet::new();
    for entry in fs::read_dir(format!("{ROOT}/src/calls")).unwrap() {
        let text = fs::read_to_string(entry.unwrap().path()).unwrap();
        for part in text.split("fn cu").skip(1) {
            let list = format!("cu{}", part.split('(').next().unwrap());
            names.extend(list.split('|').map(|name| name.trim().to_owned()));
        }
    }
    let expected = wrapped(&names);
    let document = fs::read_to_string(format!("{ROOT}/../../docs/SHIM.md")).unwrap();
    let (_, rest) = document.split_once("<!-- implemented -->\n").unwrap();
    let (listed, _) = rest.split_once("<!-- end -->").unwrap();
    assert!(listed == expected, "docs/SHIM.md must list:\n{expected}");
}

/// Names with commas between them, in lines of at most 130 characters.
fn wrapped(names: &BTreeSet<String>) -> String {
    let mut text = String::new();
    let mut width = 0;
    for (at, name) in names.iter().enumerate() {
        let name = if at + 1 == names.len() {
            name.clone()
        } else {
            format!("{name},")
        };
        if at > 0 && width + 1 + name.len() > 130 {
            text.push('\n');
            width = 0;
        } else if at > 0 {
            text.push(' ');
            width += 1;
        }
        width += name.len();
        text.push_str(&name);
    }
    text.push('\n');
    text
}
