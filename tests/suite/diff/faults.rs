//! Every ready-made fault of the virtual GPU beside the same run without it: the first sentence names it.

use std::collections::BTreeSet;
use std::process::Command;

use vgputrace::discover::Model;
use vgputrace_tests::{binary, compared, gate, outline, test_name};

use super::planted::difference;
use crate::shim::{Installed, installed};

/// Fault, and what its author knows it by: one of these words stands in what the first sentence says of the difference. None where
/// nothing of the discovery is another.
const FAULTS: &[(&str, &[&str])] = &[
    ("100-no-device", &["cuInit answers CUDA_ERROR_NO_DEVICE"]),
    (
        "3-after-resume",
        &["cuInit answers CUDA_ERROR_NOT_INITIALIZED"],
    ),
    (
        "500-driver-regression",
        &["cuInit answers CUDA_ERROR_NOT_FOUND"],
    ),
    ("800-device-revoked", &["MemGetInfo answers"]),
    ("801-vgpu-memory", &["CUDA_ERROR_NOT_SUPPORTED"]),
    (
        "803-mismatch",
        &["cuInit answers CUDA_ERROR_SYSTEM_DRIVER_MISMATCH"],
    ),
    ("999-after-suspend", &["cuInit answers CUDA_ERROR_UNKNOWN"]),
    ("cc-3.7", &["3.7", "Tesla K80", "answers pi=3"]),
    ("cc-6.1", &["6.1", "P40", "answers pi=6"]),
    ("cublas-version-node", &["libcublas.so.13"]),
    ("cublaslt-missing", &["libcublasLt.so.13"]),
    ("cuda-missing", &["libcuda.so.1"]),
    ("cuda-truncated", &["libcuda.so.1"]),
    ("cuda-32-bit", &["libcuda.so.1"]),
    ("cuda-without-symbol", &["cuMemCreate"]),
    ("device-lost", &[]),
    ("driver-535", &["cuDriverGetVersion", "12020", "535.183.01"]),
    ("init-crash", &["crash", "SIGSEGV"]),
    ("init-hang", &["cuInit"]),
    ("mem-info-fails", &["MemGetInfo answers"]),
    ("mig", &["MIG"]),
    ("nvml-999", &["nvmlInit_v2 answers NVML_ERROR_UNKNOWN"]),
    ("nvml-undefined-helper", &["libnvidia-ml.so.1"]),
    ("out-of-memory", &["answers free=0"]),
    ("props-skew", &["answers pi=0"]),
    ("slow-30s", &["cuInit", "it hangs in"]),
    ("stub-library", &["answers CUDA_ERROR_STUB_LIBRARY"]),
];

fn model(installed: &Installed, fault: Option<&str>) -> Model {
    let options = fault.map(|name| ["--fault", name]);
    // A real server waits 30 s for each step; here it is 3.
    let slow = fault.is_some_and(|name| matches!(name, "slow-30s" | "init-hang"));
    let record = installed
        .command(options.as_ref().map_or(&[][..], |options| options))
        .env("STANDIN_TIME_SCALE", if slow { "0.1" } else { "1" })
        .run();
    record.ended_with(0);
    outline::model(&record.path)
}

#[test]
fn the_first_sentence_names_every_ready_made_fault() {
    let Some(installed) = installed(test_name!()) else {
        return;
    };
    let good = model(&installed, None);
    let mut wrong = Vec::new();
    for (name, words) in FAULTS {
        let answer = compared::models(&good, &model(&installed, Some(name)));
        let first = answer.first.as_ref();
        let sentence = first.map_or("no difference", |first| &first.sentence);
        println!("{name}: {sentence}");
        let told = difference(&answer);
        let right = match words {
            [] => answer.same,
            words => words.iter().any(|word| told.contains(word)),
        };
        if !right {
            wrong.push(format!("{name}: {sentence}"));
        }
    }
    let right = FAULTS.len() - wrong.len();
    println!("{right} of {}", FAULTS.len());
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_fault_of_the_list_is_in_the_table() {
    let Some(binary) = binary() else {
        gate::missing(test_name!(), "vgputrace is not built");
        return;
    };
    let shown = Command::new(binary)
        .args(["shim", "faults", "list", "--json"])
        .output()
        .expect("vgputrace starts");
    let lines = String::from_utf8(shown.stdout).expect("text");
    let there: BTreeSet<String> = lines
        .lines()
        .map(|line| {
            let value: serde_json::Value = serde_json::from_str(line).expect("JSON");
            value["name"].as_str().expect("a name").to_owned()
        })
        .collect();
    let told: BTreeSet<String> = FAULTS.iter().map(|(name, _)| (*name).to_owned()).collect();
    assert_eq!(told, there);
}
