//! Every ready-made fault through `run --shim --fault NAME` and `explain`: the verdict it is named for. Nothing that the server or the
//! rules could read has the name.

use std::collections::BTreeSet;
use std::process::Command;

use vgputrace_tests::{binary, test_name};

use super::{explained, installed, judged};

/// What a fault must come to.
struct Expected {
    verdict: &'static str,
    rule: Option<&'static str>,
    /// End of the object that the cause names.
    object: Option<&'static str>,
    /// In the trace, somewhere.
    seen: &'static str,
}

const DRIVER: Option<&str> = Some("/lib/libcuda.so.1");

/// The bootstrap fails at the driver, or at what is named.
const fn failed(rule: &'static str, object: Option<&'static str>) -> Expected {
    Expected {
        verdict: "failed",
        rule: Some(rule),
        object,
        seen: "",
    }
}

/// A device is found and left out.
const fn filtered(
    rule: &'static str,
    object: Option<&'static str>,
    seen: &'static str,
) -> Expected {
    Expected {
        verdict: "filtered",
        rule: Some(rule),
        object,
        seen,
    }
}

/// The bootstrap does not notice: what is wrong shows elsewhere.
const fn used(seen: &'static str) -> Expected {
    Expected {
        verdict: "used",
        rule: None,
        object: None,
        seen,
    }
}

macro_rules! faults {
    ($($test:ident: $name:literal => $expected:expr;)*) => {
        const LISTED: &[&str] = &[$($name),*];
        $(
            #[test]
            fn $test() {
                check(test_name!(), $name, &$expected);
            }
        )*
    };
}

faults! {
    no_device: "100-no-device" => failed("VG110", DRIVER);
    not_initialized_after_a_resume: "3-after-resume" => failed("VG116", DRIVER);
    a_broken_driver: "500-driver-regression" => failed("VG117", DRIVER);
    a_revoked_device: "800-device-revoked" => filtered("VG153", Some("cudaMemGetInfo"), "");
    a_vgpu_without_its_memory_calls: "801-vgpu-memory" => failed("VG086", Some("libggml-cuda.so"));
    two_versions_of_the_driver: "803-mismatch" => failed("VG112", DRIVER);
    nothing_works_after_a_suspend: "999-after-suspend" => failed("VG116", DRIVER);
    a_device_older_than_every_build: "cc-3.7" => filtered("VG145", None, "compute capability 3.7");
    a_device_too_old_for_cuda_13: "cc-6.1" => filtered("VG145", None, "compute capability 6.1");
    another_version_of_cublas: "cublas-version-node" => failed("VG054", Some("libcublas.so.13"));
    no_cublaslt: "cublaslt-missing" => failed("VG051", Some("libcublasLt.so.13"));
    no_driver: "cuda-missing" => failed("VG052", Some("libcuda.so.1"));
    half_a_driver: "cuda-truncated" => failed("VG063", DRIVER);
    a_driver_for_32_bits: "cuda-32-bit" => failed("VG052", Some("libcuda.so.1"));
    a_driver_that_lacks_a_function: "cuda-without-symbol" => failed("VG053", Some("cuMemCreate"));
    a_device_that_is_lost_later: "device-lost" => used("");
    a_driver_older_than_the_runtime: "driver-535" => failed("VG111", DRIVER);
    a_driver_that_crashes: "init-crash" => failed("VG085", DRIVER);
    a_driver_that_hangs: "init-hang" => failed("VG089", None);
    memory_that_cannot_be_asked: "mem-info-fails" => filtered("VG153", Some("cudaMemGetInfo"), "");
    a_device_in_parts: "mig" => used("NVIDIA H100 80GB HBM3 MIG 1g.10gb");
    nvml_that_does_not_start: "nvml-999" => used("nvmlInit_v2");
    nvml_that_cannot_be_loaded: "nvml-undefined-helper" => used("undefined symbol: vgpu_helper");
    memory_that_others_hold: "out-of-memory" => used("81920 MiB, 0 MiB free");
    properties_that_contradict: "props-skew" => filtered("VG145", None, "compute capability 0.0");
    a_slow_driver: "slow-30s" => failed("VG089", None);
    a_library_for_linking_only: "stub-library" => failed("VG113", DRIVER);
}

#[track_caller]
fn check(test: &str, name: &str, expected: &Expected) {
    let Some(installed) = installed(test) else {
        return;
    };
    // A real server waits 30 s for each step; here it is 3.
    let scale = if matches!(name, "slow-30s" | "init-hang") {
        "0.1"
    } else {
        "1"
    };
    let record = installed
        .command(&["--fault", name])
        .env("STANDIN_TIME_SCALE", scale)
        .run();
    record.ended_with(0);
    let explanation = explained(&record);
    let (verdict, rule, object) = judged(&explanation, "cuda_v13");
    let told = format!("{verdict} {rule:?} {object:?}");
    assert_eq!(
        (verdict.as_str(), rule.as_deref()),
        (expected.verdict, expected.rule),
        "{told}"
    );
    if let Some(end) = expected.object {
        assert!(object.is_some_and(|object| object.ends_with(end)), "{told}");
    }
    let bytes = record.plain_bytes();
    let text = String::from_utf8_lossy(&bytes);
    assert!(
        text.contains(expected.seen),
        "{:?} is nowhere",
        expected.seen
    );
    assert!(!text.contains("VGPU_FAULT"));
    // `mig` is a word that the device's own name has.
    assert!(
        name == "mig" || !text.contains(name),
        "the trace tells the fault"
    );
}

#[test]
fn every_fault_of_the_list_has_its_test() {
    let Some(binary) = binary() else {
        vgputrace_tests::gate::missing(test_name!(), "vgputrace is not built");
        return;
    };
    let shown = Command::new(binary)
        .args(["shim", "faults", "list", "--json"])
        .output()
        .unwrap();
    let lines = String::from_utf8(shown.stdout).unwrap();
    let there: BTreeSet<String> = lines
        .lines()
        .map(|line| {
            let value: serde_json::Value = serde_json::from_str(line).unwrap();
            value["name"].as_str().unwrap().to_owned()
        })
        .collect();
    let listed: BTreeSet<String> = LISTED.iter().map(|name| (*name).to_owned()).collect();
    assert_eq!(there, listed);
}
