//! Driver, devices, unit and variables.

use std::os::unix::fs::PermissionsExt as _;

use std::path::Path;
use std::process::Command;

use super::image::{Image, LLAMA, RUNNER, run};
use vgputrace_tests::libraries::Fault;
use vgputrace_tests::{binary, gate, test_name, trace};

const UNIT: &str = "[Service]\nExecStart=/usr/local/bin/ollama serve\nUser=ollama\nGroup=ollama\n";

/// A machine on which everything is as it should be.
fn healthy(test: &str) -> Option<Image> {
    let image = Image::of(RUNNER, test)?;
    image.unit(UNIT);
    let cuda = image.needing("cuda_v12", "libcuda.so.1", &[]);
    image.install(&cuda, "usr/lib/x86_64-linux-gnu", "libcuda.so.550.54.14");
    image.pci("10de:2204", "0300", Some("nvidia"));
    image.write("proc/modules", "nvidia 1 0 - Live 0x0\n");
    image.write("sys/module/nvidia/version", "550.54.14\n");
    for node in ["dev/nvidiactl", "dev/nvidia0", "dev/nvidia-uvm"] {
        image.node(node, 0o666);
    }
    Some(image)
}

#[test]
fn a_machine_with_gpu_and_driver_is_clean() {
    let Some(image) = healthy(test_name!()) else {
        return;
    };
    let answer = image.check();
    assert_eq!(answer.code, 0, "{answer}");
    assert_eq!(answer.state("cuda_v12"), "loads", "{answer}");
    assert_eq!(answer.value["server"]["user"], "ollama", "{answer}");
    assert_eq!(
        answer.value["drivers"][0]["file"],
        "/usr/lib/x86_64-linux-gnu/libcuda.so.1"
    );
    assert!(answer.warned().is_empty(), "{answer}");
}

#[test]
fn driver_and_kernel_module_of_two_versions_are_told() {
    let Some(image) = healthy(test_name!()) else {
        return;
    };
    image.write("sys/module/nvidia/version", "535.183.01\n");
    let answer = image.check();
    assert_eq!(answer.rules(), ["VG331"], "{answer}");
    std::fs::remove_file(image.at("sys/module/nvidia/version")).unwrap();
    image.write(
        "proc/driver/nvidia/version",
        "NVRM version: NVIDIA UNIX x86_64 Kernel Module  550.54.14  Thu Feb 22 01:44:30 UTC 2024\n",
    );
    assert!(image.check().rules().is_empty(), "{}", image.check());
}

#[test]
fn the_kernel_side_of_a_gpu_is_told_apart() {
    let Some(image) = healthy(test_name!()) else {
        return;
    };
    image.pci("10de:2204", "0300", Some("nouveau"));
    assert_eq!(image.check().rules(), ["VG332"]);
    image.pci("10de:2204", "0300", None);
    assert_eq!(image.check().rules(), ["VG333"]);
    image.pci("10de:2204", "0300", Some("vfio-pci"));
    let answer = image.check();
    assert!(answer.rules().is_empty(), "{answer}");
    assert_eq!(answer.warned(), ["VG333"], "{answer}");
}

#[test]
fn device_nodes_must_be_there_and_open_to_the_units_user() {
    let Some(image) = healthy(test_name!()) else {
        return;
    };
    image.node("dev/nvidiactl", 0o600);
    let answer = image.check();
    assert_eq!(answer.rules(), ["VG335"], "{answer}");
    assert_eq!(answer.finding("VG335")["missing_object"], "/dev/nvidiactl");
    image.node("dev/nvidiactl", 0o666);
    std::fs::remove_file(image.at("dev/nvidia-uvm")).unwrap();
    let answer = image.check();
    assert_eq!(answer.rules(), ["VG334"], "{answer}");
    assert_eq!(answer.finding("VG334")["missing_object"], "/dev/nvidia-uvm");
}

#[test]
fn the_stub_for_linking_is_told_and_a_library_of_another_kind_is_not() {
    let Some(image) = healthy(test_name!()) else {
        return;
    };
    let cuda = image.at("usr/lib/x86_64-linux-gnu/libcuda.so.550.54.14");
    let stubs = image.at("usr/local/cuda/lib64/stubs");
    std::fs::create_dir_all(&stubs).unwrap();
    std::fs::copy(&cuda, stubs.join("libcuda.so.1")).unwrap();
    assert!(image.check().rules().is_empty());
    let unit = format!("{UNIT}Environment=LD_LIBRARY_PATH=/usr/local/cuda/lib64/stubs\n");
    image.unit(&unit);
    let answer = image.check();
    assert_eq!(answer.rules(), ["VG324"], "{answer}");
}

#[test]
fn a_virtual_gpu_needs_its_resource_file_and_not_a_kernel_driver() {
    let Some(image) = Image::of(RUNNER, test_name!()) else {
        return;
    };
    image.unit(UNIT);
    let shim = image.needing("cuda_v12", "libcuda.so.1", &[]);
    image.install(&shim, "usr/lib/x86_64-linux-gnu", "libcuda.so.1");
    let device = image.pci("10de:2331", "0302", None);
    let resource = device.join("resource0");
    std::fs::write(&resource, "").unwrap();
    std::fs::set_permissions(&resource, std::fs::Permissions::from_mode(0o600)).unwrap();
    let answer = image.check();
    assert_eq!(answer.rules(), ["VG336"], "{answer}");
    assert_eq!(answer.finding("VG336")["certainty"], "likely");
    std::fs::set_permissions(&resource, std::fs::Permissions::from_mode(0o666)).unwrap();
    assert!(image.check().rules().is_empty(), "{}", image.check());
    image.unit(&format!("{UNIT}ProtectKernelTunables=yes\n"));
    assert_eq!(image.check().rules(), ["VG336"], "{}", image.check());
}

#[test]
fn a_32_bit_driver_library_is_passed_over_and_told() {
    let Some(image) = healthy(test_name!()) else {
        return;
    };
    let file = image.at("usr/lib/x86_64-linux-gnu/libcuda.so.550.54.14");
    let mut bytes = std::fs::read(&file).unwrap();
    bytes[4] = 1;
    std::fs::write(&file, bytes).unwrap();
    let answer = image.check();
    assert_eq!(answer.rules(), ["VG320", "VG325"], "{answer}");
    let cause = answer.finding("VG325")["cause"]
        .as_str()
        .unwrap_or_default();
    assert!(cause.contains("32-bit"), "{cause}");
}

#[test]
fn a_gpu_without_any_backend_is_a_finding_and_no_gpu_is_none() {
    let Some(image) = healthy(test_name!()) else {
        return;
    };
    std::fs::remove_dir_all(image.at("usr/local/lib/ollama/cuda_v12")).unwrap();
    assert_eq!(image.check().rules(), ["VG304"], "{}", image.check());
    std::fs::remove_dir_all(image.at("sys/bus/pci/devices")).unwrap();
    std::fs::create_dir_all(image.at("sys/bus/pci/devices")).unwrap();
    assert_eq!(image.check().code, 0, "{}", image.check());
}

#[test]
fn a_file_closed_to_the_units_user_is_told() {
    let Some(image) = healthy(test_name!()) else {
        return;
    };
    let file = image.at("usr/local/lib/ollama/cuda_v12/libggml-cuda.so");
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o640)).unwrap();
    assert_eq!(image.check().rules(), ["VG307"], "{}", image.check());
    image.unit("[Service]\nExecStart=/usr/local/bin/ollama serve\n");
    assert!(image.check().rules().is_empty(), "root may read it");
}

#[test]
fn a_runtime_at_the_top_answers_before_the_one_beside_the_backend() {
    let Some(image) = Image::of(RUNNER, test_name!()) else {
        return;
    };
    let runtime = image.needing("cuda_v12", "libcudart.so.12", &[]);
    image.install(
        &runtime,
        "usr/local/lib/ollama/cuda_v12",
        "libcudart.so.12.8.90",
    );
    assert!(image.check().warned().is_empty(), "{}", image.check());
    image.install(&runtime, "usr/local/lib/ollama", "libcudart.so.12");
    let answer = image.check();
    assert_eq!(answer.warned(), ["VG323"], "{answer}");
    assert_eq!(answer.code, 0, "{answer}");
}

#[test]
fn a_variable_is_told_with_file_and_line() {
    let Some(image) = healthy(test_name!()) else {
        return;
    };
    image.write(
        "etc/systemd/system/ollama.service.d/override.conf",
        "[Service]\n# OLLAMA_LLM_LIBRARY=x\nEnvironment=\"OLLAMA_LLM_LIBRARY=cuda\"\n",
    );
    let answer = image.check();
    assert_eq!(answer.rules(), ["VG350"], "{answer}");
    assert_eq!(answer.state("cuda_v12"), "skipped", "{answer}");
    let finding = answer.finding("VG350");
    assert_eq!(
        finding["evidence"][0]["at"],
        "/etc/systemd/system/ollama.service.d/override.conf"
    );
    assert_eq!(
        finding["evidence"][0]["text"],
        "line 3: OLLAMA_LLM_LIBRARY=cuda"
    );
    image.unit(&format!("{UNIT}Environment=OLLAMA_LLM_LIBRARY=cuda_v12\n"));
    std::fs::remove_dir_all(image.at("etc/systemd/system/ollama.service.d")).unwrap();
    assert!(image.check().rules().is_empty(), "{}", image.check());
}

#[test]
fn variables_that_hide_devices_or_do_nothing_are_told_apart() {
    for (line, rules, warned) in [
        ("CUDA_VISIBLE_DEVICES=-1", vec!["VG351"], vec![]),
        ("CUDA_VISIBLE_DEVICES=", vec!["VG351"], vec![]),
        ("CUDA_VISIBLE_DEVICES=0", vec![], vec!["VG351"]),
        ("OLLAMA_LIBRARY_PATH=/x", vec![], vec!["VG355"]),
        ("LLAMA_ARG_DEVICE=CUDA9", vec![], vec![]),
        ("LD_PRELOAD=/nowhere.so", vec![], vec!["VG354"]),
        ("OLLAMA_DEBUG=3", vec![], vec!["VG355"]),
        ("OLLAMA_DEBUG=2", vec![], vec![]),
    ] {
        let Some(image) = healthy(test_name!()) else {
            return;
        };
        image.unit(&format!("{UNIT}Environment={line}\n"));
        let answer = image.check();
        assert_eq!(answer.rules(), rules, "{line} {answer}");
        assert_eq!(answer.warned(), warned, "{line} {answer}");
    }
    let Some(image) = Image::of(LLAMA, test_name!()) else {
        return;
    };
    image.backend(Fault::None, "cuda_v12");
    image.unit(&format!("{UNIT}Environment=LLAMA_ARG_DEVICE=CUDA9\n"));
    assert_eq!(image.check().rules(), ["VG355"], "{}", image.check());
}

#[test]
fn a_runtime_that_is_too_new_for_the_driver_is_told_by_its_file_name() {
    for (era, file, rules) in [
        (RUNNER, "libcudart.so.13.0.96", vec!["VG337"]),
        (RUNNER, "libcudart.so.12.8.90", vec![]),
        (LLAMA, "libcudart.so.12.8.90", vec!["VG337"]),
        (LLAMA, "libcudart.so.12.2.140", vec![]),
    ] {
        let Some(image) = Image::of(era, test_name!()) else {
            return;
        };
        let name = &file[..15];
        let runtime = image.needing("cuda_v12", name, &[]);
        image.install(&runtime, "usr/local/lib/ollama/cuda_v12", file);
        image.write("proc/modules", "nvidia 1 0 - Live 0x0\n");
        image.write("sys/module/nvidia/version", "535.183.01\n");
        let answer = image.check();
        assert_eq!(answer.rules(), rules, "{file} {answer}");
    }
}

#[test]
fn what_the_unit_hides_is_told() {
    for (line, rules) in [
        ("PrivateDevices=yes", vec!["VG339"]),
        ("PrivateDevices=no", vec![]),
        ("DevicePolicy=closed", vec!["VG339"]),
        ("DevicePolicy=closed\nDeviceAllow=char-nvidia* rw", vec![]),
    ] {
        let Some(image) = healthy(test_name!()) else {
            return;
        };
        image.unit(&format!("{UNIT}{line}\n"));
        let answer = image.check();
        assert_eq!(answer.rules(), rules, "{line} {answer}");
    }
}

#[test]
fn a_root_without_an_ollama_is_2() {
    let Some(image) = Image::of(RUNNER, test_name!()) else {
        return;
    };
    std::fs::remove_file(image.at("usr/local/bin/ollama")).unwrap();
    let outcome = image.run(&[]);
    assert_eq!(outcome.shell_code(), 2, "{}", outcome.out());
    assert!(
        outcome.err().contains("no Ollama below"),
        "{}",
        outcome.err()
    );
    assert!(outcome.out().is_empty());
}

#[test]
fn the_root_of_a_process_is_looked_at_with_its_program_and_variables() {
    if !gate::root(test_name!()) || !gate::tool(test_name!(), "chroot", "--version") {
        return;
    }
    let Some(image) = Image::of(RUNNER, test_name!()) else {
        return;
    };
    image.backend(Fault::None, "cuda_v12");
    // The kernel's own folders are not in there, so the process gives what it can.
    let mut server = Command::new("chroot")
        .arg(image.at(""))
        .args(["/usr/local/bin/ollama", "serve"])
        .env_clear()
        .env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin")
        .env("OLLAMA_LLM_LIBRARY", "cuda_v11")
        .spawn()
        .unwrap();
    let folder = Path::new("/proc").join(server.id().to_string());
    let inside = || std::fs::read_link(folder.join("exe")).is_ok_and(|exe| exe.ends_with("ollama"));
    while !inside() && server.try_wait().is_ok_and(|ended| ended.is_none()) {
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    let outcome = run(&folder.join("root"), &["--json"]);
    server.kill().unwrap();
    server.wait().unwrap();
    let value: serde_json::Value = serde_json::from_str(&outcome.out()).unwrap_or_default();
    assert_eq!(
        value["server"]["kind"],
        "process",
        "{value} {}",
        outcome.err()
    );
    assert_eq!(
        value["ollama"]["program"], "/usr/local/bin/ollama",
        "{value}"
    );
    assert_eq!(value["general"][0]["rule"], "VG350", "{value}");
    assert_eq!(value["backends"][0]["state"], "skipped", "{value}");
}

#[test]
fn a_real_ollama_is_clean_and_its_era_is_known() {
    let named = std::env::var_os("VGPUTRACE_OLLAMA").unwrap_or_default();
    let all: Vec<_> = std::env::split_paths(&named)
        .filter(|path| path.is_file())
        .collect();
    if all.is_empty() || binary().is_none() {
        return gate::skip(test_name!(), "VGPUTRACE_OLLAMA names no Ollama");
    }
    for ollama in all {
        let outcome = trace(binary().unwrap_or_default())
            .args(["check", "--json", "--bin"])
            .arg(&ollama)
            .bare();
        let value: serde_json::Value = serde_json::from_str(&outcome.out()).unwrap_or_default();
        assert_ne!(
            value["ollama"]["era"],
            "unknown",
            "{value} {}",
            outcome.err()
        );
        // Findings about this machine are its own; those about files would be wrong.
        let backends = value["backends"].as_array().into_iter().flatten();
        let folders = backends.flat_map(|row| row["findings"].as_array().into_iter().flatten());
        let general = value["general"].as_array().into_iter().flatten();
        let files = general.filter(|one| one["stage"] != "host").chain(folders);
        assert_eq!(files.count(), 0, "{value}");
    }
}

#[test]
fn a_driver_of_the_name_for_linking_alone_is_no_driver() {
    let Some(image) = Image::of(RUNNER, test_name!()) else {
        return;
    };
    let cuda = image.needing("cuda_v12", "libcuda.so.1", &[]);
    for (folder, rule) in [("opt/vgpu", true), ("opt/cuda/lib64/stubs", false)] {
        image.unit(&format!("[Service]\nExecStart=/usr/local/bin/ollama serve\nUser=ollama\nEnvironment=LD_LIBRARY_PATH=/{folder}\n"));
        std::fs::create_dir_all(image.at(folder)).unwrap();
        std::fs::copy(&cuda, image.at(folder).join("libcuda.so")).unwrap();
        let answer = image.check();
        let state = if rule { "fails" } else { "no_gpu" };
        assert_eq!(answer.state("cuda_v12"), state, "{answer}");
        if rule {
            let finding = answer.finding("VG320");
            let sentence = finding["cause"].to_string();
            assert!(
                sentence.contains("/opt/vgpu/libcuda.so is there"),
                "{answer}"
            );
            assert!(
                finding["remedy"]
                    .to_string()
                    .contains("ln -s libcuda.so /opt/vgpu/libcuda.so.1"),
                "{answer}"
            );
        }
    }
}
