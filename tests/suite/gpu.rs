//! What was seen on a machine with an NVIDIA H200 (driver 580.159.04): recordings of real servers there, and the names
//! that the driver's libraries export.

use std::collections::BTreeSet;
use std::fs;

use vgputrace::diagnose::{Explanation, explain};
use vgputrace_api::{cuda, nvml};
use vgputrace_tests::{outline, workspace};

fn explained(name: &str) -> Explanation {
    let path = workspace().join(format!("tests/corpus/traces/{name}.vgt"));
    explain(&outline::model(&path))
}

/// What is said of the model that was started, in the order of the findings.
fn of_the_model(name: &str) -> Vec<(&'static str, String)> {
    let explanation = explained(name);
    explanation
        .models
        .iter()
        .map(|finding| (finding.rule, finding.sentence.clone()))
        .collect()
}

#[test]
fn a_model_that_is_wholly_on_a_real_gpu_is_told_with_its_layers() {
    let told = of_the_model("llama-server-gpu-model");
    assert_eq!(
        told,
        [(
            "VG165",
            "All 7 of 7 layers of the model are on the GPU, through cuda_v13.".to_owned()
        )]
    );
}

#[test]
fn a_request_for_fewer_layers_is_why_a_model_is_on_a_real_gpu_in_part() {
    let told = of_the_model("runner-gpu-model-part");
    assert_eq!(told.len(), 1, "{told:?}");
    assert_eq!(told[0].0, "VG162");
    assert!(told[0].1.contains("num_gpu=3"), "{told:?}");
    assert!(told[0].1.contains("3 of 7 layers"), "{told:?}");
}

#[test]
fn the_device_of_a_real_driver_is_told_as_the_server_names_it() {
    for (name, library) in [
        ("runner-gpu-used", "cuda_v13"),
        ("llama-server-gpu-used", "cuda_v13"),
    ] {
        let explanation = explained(name);
        let devices: Vec<_> = explanation
            .devices
            .iter()
            .map(|device| (device.dir.as_str(), device.pci_id.as_str()))
            .collect();
        assert_eq!(devices, [(library, "0000:00:06.0")], "{name}");
    }
}

fn exported(name: &str) -> BTreeSet<String> {
    let path = workspace().join(format!("tests/corpus/exports/{name}.txt"));
    let text = fs::read_to_string(path).expect("a list of the corpus");
    text.lines().map(str::to_owned).collect()
}

/// The driver of CUDA 13.0 exports every name that the table dates to 13.0 or before, and none that it dates later.
#[test]
fn the_real_driver_exports_what_the_table_dates_to_its_release() {
    let driver = exported("libcuda-580.159.04");
    let mut wrong = Vec::new();
    for declared in cuda::FUNCTIONS {
        let name = declared.function.name;
        let expected = declared.since <= 13_000;
        if driver.contains(name) != expected {
            wrong.push(format!("{name} since {}", declared.since));
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
}

/// What it exports beside them: interfaces with OpenGL, EGL and VDPAU, the profiler's and the debugger's, whose headers are
/// others, and two names that no header declares.
#[test]
fn the_real_driver_exports_no_compute_function_that_the_table_lacks() {
    const OTHERS: [&str; 8] = [
        "cuGL",
        "cuEGL",
        "cuVDPAU",
        "cuProfiler",
        "cudbg",
        "cuGraphicsGL",
        "cuGraphicsEGL",
        "cuGraphicsVDPAU",
    ];
    let table: BTreeSet<&str> = cuda::FUNCTIONS
        .iter()
        .map(|declared| declared.function.name)
        .collect();
    let left: Vec<String> = exported("libcuda-580.159.04")
        .into_iter()
        .filter(|name| !table.contains(name.as_str()))
        .filter(|name| !OTHERS.iter().any(|other| name.starts_with(other)))
        .collect();
    assert_eq!(
        left,
        [
            "cuGraphicsResourceGetMappedEglFrame",
            "cuMemGetAttribute",
            "cuMemGetAttribute_v2"
        ]
    );
}

#[test]
fn the_real_nvml_exports_three_names_that_no_header_declares() {
    let table: BTreeSet<&str> = nvml::FUNCTIONS
        .iter()
        .map(|declared| declared.function.name)
        .collect();
    let left: Vec<String> = exported("libnvidia-ml-580.159.04")
        .into_iter()
        .filter(|name| !table.contains(name.as_str()))
        .collect();
    assert_eq!(
        left,
        [
            "nvmlGetBlacklistDeviceCount",
            "nvmlGetBlacklistDeviceInfoByIndex",
            "nvmlInternalGetExportTable"
        ]
    );
}
