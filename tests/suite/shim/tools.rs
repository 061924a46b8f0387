//! Programs of others on the shim: NVML's own Python bindings, and NVIDIA's own runtime, which does not take this driver.

use std::process::Command;

use vgputrace_tests::programs::program_with;
use vgputrace_tests::runtime_tier::Series;
use vgputrace_tests::{binary, gate, open_folder, test_name, trace, wheels};

use super::{explained, installed, judged};

/// What monitors ask.
const MONITOR: &str = r#"
import pynvml as n
n.nvmlInit()
print(n.nvmlSystemGetDriverVersion(), n.nvmlSystemGetCudaDriverVersion(), n.nvmlDeviceGetCount())
d = n.nvmlDeviceGetHandleByIndex(0)
print(n.nvmlDeviceGetName(d), n.nvmlDeviceGetMemoryInfo(d).total >> 20, *n.nvmlDeviceGetCudaComputeCapability(d))
assert n.nvmlDeviceGetIndex(n.nvmlDeviceGetHandleByUUID(n.nvmlDeviceGetUUID(d))) == 0
print(n.nvmlDeviceGetPciInfo(d).busId)
try:
    n.nvmlDeviceGetTemperature(d, n.NVML_TEMPERATURE_GPU)
except n.NVMLError_NotSupported as error:
    print(error)
n.nvmlShutdown()
"#;

#[test]
fn pynvml_sees_the_device_and_hears_of_what_is_not_measured() {
    let (Some(binary), Some(bindings)) = (binary(), wheels::pynvml(test_name!())) else {
        return;
    };
    let folder = open_folder();
    let installed = Command::new(binary)
        .args(["shim", "install"])
        .arg(folder.path())
        .output()
        .unwrap();
    assert!(installed.status.success(), "{installed:?}");
    let said = Command::new("python3")
        .args(["-c", MONITOR])
        .env("PYTHONPATH", bindings)
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .env("LD_LIBRARY_PATH", folder.path())
        .env("VGPU_SYSFS", folder.path())
        .output()
        .unwrap();
    assert_eq!(String::from_utf8_lossy(&said.stderr), "");
    let expected =
        "580.65.06 13000 1\nNVIDIA H100 80GB HBM3 81920 9 0\n00000000:00:05.0\nNot Supported\n";
    assert_eq!(
        String::from_utf8_lossy(&said.stdout).to_uppercase(),
        expected.to_uppercase()
    );
}

#[test]
fn nvidias_own_runtime_does_not_take_the_driver_and_says_so_cleanly() {
    if !gate::engine(test_name!()) {
        return;
    }
    for series in Series::ALL {
        let Some(original) = wheels::original(test_name!(), series) else {
            return;
        };
        let program = program_with("runtime_first", &[""; 0]);
        let record = trace(program)
            .arg(original.library())
            .env("VGPU_SYSFS", "/nonexistent")
            .options(["--shim"])
            .run();
        record.ended_with(0);
        let said = record.outcome.out();
        // The same code as the driver's refusal of its private tables.
        assert_eq!(said, "801 operation not supported\n", "{series:?}");
        let refused = record.events.calls("cuGetExportTable");
        let results: Vec<_> = refused
            .iter()
            .filter_map(|called| Some(called.returned?.1.failed))
            .collect();
        assert!(
            !results.is_empty() && results.iter().all(|failed| *failed),
            "{results:?}"
        );
    }
}

/// The real backend and NVIDIA's runtime over the shim's driver and cuBLAS.
#[test]
fn explain_says_why_a_backend_with_nvidias_runtime_finds_no_device() {
    let Some(installed) = installed(test_name!()) else {
        return;
    };
    let (Some(binary), Some(original)) =
        (binary(), wheels::original(test_name!(), Series::Thirteen))
    else {
        return;
    };
    let all = installed.scratch().join("all");
    let made = Command::new(binary)
        .args(["shim", "install"])
        .arg(&all)
        .output()
        .unwrap();
    assert!(made.status.success(), "{made:?}");
    let backends = installed.tree.library.join("cuda_v13");
    let driver = installed.scratch().join("driver");
    std::fs::create_dir(&driver).unwrap();
    std::fs::copy(all.join("libcuda.so.1"), driver.join("libcuda.so.1")).unwrap();
    for name in ["libcublas.so.13", "libcublasLt.so.13"] {
        std::fs::remove_file(backends.join(name)).unwrap();
        std::fs::copy(all.join(name), backends.join(name)).unwrap();
    }
    std::fs::remove_file(backends.join("libcudart.so.13")).unwrap();
    std::fs::copy(original.library(), backends.join("libcudart.so.13")).unwrap();
    let command = installed
        .tree
        .command()
        .env("VGPU_SYSFS", installed.scratch());
    let record = installed
        .tree
        .record(command.env("LD_LIBRARY_PATH", &driver));
    record.ended_with(0);
    let (verdict, rule, _) = judged(&explained(&record), "cuda_v13");
    assert_eq!(
        (verdict.as_str(), rule.as_deref()),
        ("failed", Some("VG102"))
    );
}
