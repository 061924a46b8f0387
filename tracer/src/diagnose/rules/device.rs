//! The backend works and has no device, for a reason beside the driver's code: hidden, refused, stand-ins, memory.

use crate::discover::model::{Evidence, Origin};

use super::super::advice::{EDIT_SETTINGS, EDIT_UNIT, RESTART};
use super::super::case::{Case, Family, at};
use super::super::drivers::trouble;
use super::super::explanation::Finding;
use super::super::rule::{Check, Rule, Stage};
use super::super::words::base;

pub(super) static RULES: &[&Rule] = &[&NODES_REFUSED, &HIDDEN_BY_VARIABLE, &STAND_IN, &STUB_DEVICE];

static NODES_REFUSED: Rule = Rule {
    id: "VG100",
    stage: Stage::Device,
    title: "The GPU's device nodes are closed or absent",
    story: "libcuda opens /dev/nvidiactl, /dev/nvidia0 and /dev/nvidia-uvm. In a container without them, or after systemd has set its device rules anew (daemon-reload), open fails and CUDA says \
\"no CUDA-capable device\" or \"unknown error\".",
    proof: "open of a node was refused, with errno.",
    remedy: &[
        "In a container: start it with the GPU again.",
        "$ docker run --gpus=all ...",
    ],
    rows: &["runner 34", "reports D", "reports E", "reports L"],
    check: Check::Backend(nodes_refused),
};

fn nodes_refused(case: &Case<'_>) -> Vec<Finding> {
    // Other codes have other reasons: a node that is refused beside them is none.
    let unreachable =
        |code: Option<i64>| code.is_none_or(|code| matches!(code, 3 | 100 | 101 | 304 | 800 | 999));
    let Some(trouble) = trouble(case).filter(|trouble| unreachable(trouble.code)) else {
        return Vec::new();
    };
    let nodes: &[&str] = match case.family() {
        Family::Cuda => &["/dev/nvidia"],
        Family::Rocm => &["/dev/kfd", "/dev/dri"],
        Family::Vulkan | Family::Other => &["/dev/nvidia", "/dev/kfd", "/dev/dri"],
    };
    let refused: Vec<(&crate::event::Errno, &Evidence)> = case
        .children
        .iter()
        .flat_map(|child| &child.refused)
        .filter(|(_, seen)| nodes.iter().any(|node| seen.text.as_str().contains(node)))
        .map(|(err, seen)| (err, seen))
        .collect();
    let Some((err, first)) = refused.first() else {
        return Vec::new();
    };
    let gpu = has_gpu(case);
    // Nodes that are not there on a machine without such a card are no cause.
    if err.0 == 2 && gpu != Some(true) {
        return Vec::new();
    }
    let node = first.text.as_str().trim_start_matches("open ").to_owned();
    let how = if err.0 == 2 {
        "is not there"
    } else {
        "may not be opened"
    };
    vec![
        NODES_REFUSED
            .found(format!("The driver found no GPU because {node} {how} ({err}); {} said: {}.", trouble.function, trouble.words))
            .object(node.as_str())
            .proof(refused.iter().map(|(_, seen)| *seen))
            .proof(&trouble.seen)
            .so("In a container: start it with the GPU (docker: --gpus=all); if it worked before, the host has set the device rules anew, and a restart of the container helps.")
            .so("On the host: see mode and owner of the nodes, and whether the unit hides them (PrivateDevices=, DeviceAllow=):")
            .so("$ ls -l /dev/nvidia*; systemctl show ollama -p PrivateDevices -p DeviceAllow -p DevicePolicy")
            .so("$ sudo usermod -aG video,render ollama")
            .so(RESTART),
    ]
}

/// The PCI bus has a card of this backend's maker; `None` when that was not looked at.
pub(super) fn has_gpu(case: &Case<'_>) -> Option<bool> {
    let host = case.model.host.as_ref().filter(|host| !host.pci_unseen)?;
    Some(host.gpus.iter().any(|gpu| match case.family() {
        Family::Cuda => gpu.ids.as_str().starts_with("10de:"),
        Family::Rocm => gpu.ids.as_str().starts_with("1002:"),
        _ => true,
    }))
}

static HIDDEN_BY_VARIABLE: Rule = Rule {
    id: "VG101",
    stage: Stage::Device,
    title: "A variable hides the devices",
    story: "CUDA_VISIBLE_DEVICES, HIP_VISIBLE_DEVICES, ROCR_VISIBLE_DEVICES and GGML_VK_VISIBLE_DEVICES of the service narrow down what drivers show. An index or UUID that does not exist hides everything. Ollama warns \
\"user overrode visible devices\" whenever one is set.",
    proof: "The variable in the environment, and no device from the driver.",
    remedy: &[
        "Leave the variable out, or set it to devices that exist:",
        "$ nvidia-smi -L",
    ],
    rows: &["runner 36", "llama-server 18", "reports K"],
    check: Check::Backend(hidden_by_variable),
};

/// Variables that narrow down a family's devices.
pub(super) fn hiding<'a>(case: &Case<'a>) -> Vec<(&'a str, &'a str)> {
    let names: &[&str] = match case.family() {
        Family::Cuda => &["CUDA_VISIBLE_DEVICES"],
        Family::Rocm => &[
            "HIP_VISIBLE_DEVICES",
            "ROCR_VISIBLE_DEVICES",
            "CUDA_VISIBLE_DEVICES",
            "GPU_DEVICE_ORDINAL",
        ],
        Family::Vulkan => &["GGML_VK_VISIBLE_DEVICES"],
        Family::Other => &[],
    };
    let Some(server) = &case.model.server else {
        return Vec::new();
    };
    server
        .env
        .iter()
        .filter(|variable| names.contains(&variable.k.as_str()))
        .filter_map(|variable| {
            let value = variable.v.as_ref()?.as_str();
            // CUDA takes an empty value for an empty list of devices. A log prints one for a variable that is not set.
            let hides = value.is_empty()
                && case.model.origin == Origin::Trace
                && case.family() == Family::Cuda;
            (hides || !value.is_empty()).then_some((variable.k.as_str(), value))
        })
        .collect()
}

fn no_device(case: &Case<'_>) -> Option<(Vec<Evidence>, bool)> {
    if let Some(trouble) = trouble(case) {
        return matches!(trouble.code, Some(100 | 101)).then_some((trouble.seen, true));
    }
    let counted = super::device_none::none_counted_seen(case);
    (!counted.is_empty()).then_some((counted, false))
}

fn hidden_by_variable(case: &Case<'_>) -> Vec<Finding> {
    let variables = hiding(case);
    let (Some((name, value)), Some((seen, _))) = (variables.first().copied(), no_device(case))
    else {
        return Vec::new();
    };
    let all = value.is_empty()
        || value == "-1"
        || value.eq_ignore_ascii_case("none")
        || value.eq_ignore_ascii_case("nodevfiles");
    let server = case
        .model
        .server
        .as_ref()
        .and_then(|server| server.seen.as_ref());
    let set = at(server, format!("{name}={value}"));
    let warning = super::variables::overrides(case.model).filter_map(|line| line.seen.as_ref());
    vec![
        HIDDEN_BY_VARIABLE
            .found(format!(
                "{name}={value} in the server's environment {}; the driver then shows none.",
                if all { "hides every device" } else { "names a device that is not there" }
            ))
            .object(name)
            .certain_if(all && has_gpu(case) != Some(false))
            .proof(set.as_ref())
            .proof(warning)
            .proof(&seen)
            .so("See which devices there are, and where the variable is set (unit, drop-in, image, shell):")
            .so("$ nvidia-smi -L; systemctl show ollama -p Environment")
            .so("Leave it out, or keep it with an index or UUID that exists:")
            .so(EDIT_UNIT)
            .so(RESTART),
    ]
}

static STAND_IN: Rule = Rule {
    id: "VG102",
    stage: Stage::Device,
    title: "NVIDIA's runtime does not accept this driver",
    story: "The real libcudart asks libcuda.so.1 for private tables (cuGetExportTable) before it counts devices, and turns a driver down that is not NVIDIA's, or too different from it. A driver that stands in for NVIDIA's answers cuInit and \
the probe well, so from 0.30 on the log says nothing at DEBUG.",
    proof: "The runtime's count failed though the driver's own start succeeded; cuGetExportTable was refused.",
    remedy: &[
        "Give the backend a runtime that fits the driver: NVIDIA's runtime with NVIDIA's driver, or a runtime of your own with your own driver.",
    ],
    rows: &["llama-server 20", "stack 10", "stack 11", "stack 52"],
    check: Check::Backend(stand_in),
};

/// Codes of the runtime that mean something else and have rules of their own.
const OWN_MEANING: [i64; 12] = [2, 34, 35, 46, 100, 101, 802, 803, 804, 805, 304, 3];

fn stand_in(case: &Case<'_>) -> Vec<Finding> {
    let Some(trouble) = trouble(case) else {
        return Vec::new();
    };
    let runtime = trouble.function == "cudaGetDeviceCount";
    let refused: Vec<Evidence> = case
        .calls()
        .filter(|(_, call)| call.function.as_str() == "cuGetExportTable" && call.failed)
        .map(|(_, call)| case.call_seen(call))
        .collect();
    let odd = trouble.code.is_none_or(|code| !OWN_MEANING.contains(&code));
    if !runtime || !odd && refused.is_empty() || matches!(trouble.code, Some(35 | 100)) {
        return Vec::new();
    }
    if super::device_answers::is_of_others(case) {
        return Vec::new();
    }
    let driver = case.driver_answers();
    // In a log the probe is silent when its own driver calls went well.
    let silent_probe = case.model.blind.log_level.is_some()
        && matches!(trouble.code, Some(801 | 36))
        && !case
            .said()
            .any(|said| said.text.as_str().contains("cuInit failed"));
    if !driver && refused.is_empty() && !silent_probe {
        return Vec::new();
    }
    let file = trouble
        .file
        .clone()
        .unwrap_or_else(|| "libcuda.so.1".to_owned());
    let own: Vec<Evidence> = case
        .calls()
        .filter(|(_, call)| call.function.as_str() == "cuInit" && call.code == Some(0))
        .map(|(_, call)| case.call_seen(call))
        .collect();
    vec![
        STAND_IN
            .found(format!(
                "CUDA's runtime refused the driver {file}: cudaGetDeviceCount says \"{}\", though the driver itself starts without error. NVIDIA's runtime works with NVIDIA's driver only.",
                trouble.words
            ))
            .object(file.as_str())
            .certain_if(!refused.is_empty() && driver && odd)
            .proof(&refused)
            .proof(&trouble.seen)
            .proof(own.first())
            .so("If the driver is one of your own (a virtual GPU), put your own libcudart and libcublas into the backend's folder too; NVIDIA's check that they run on NVIDIA's driver.")
            .so("If it should be NVIDIA's: see which file answers to its name, and whose it is:")
            .so(format!("$ ls -lL {file}; ldconfig -p | grep libcuda.so.1"))
            .so(RESTART),
    ]
}

static STUB_DEVICE: Rule = Rule {
    id: "VG104",
    stage: Stage::Device,
    title: "A virtual GPU's PCI device is closed",
    story: "A driver for a virtual GPU (VGPU-STUB, 10de:2331) opens resource0 of its PCI device. It belongs to root, and ProtectKernelTunables= makes sysfs read-only, so the same driver works for root and not for the service.",
    proof: "open of /sys/bus/pci/devices/.../resourceN was refused.",
    remedy: &[
        "Open it for the service's group, and take the sandboxing off:",
        EDIT_SETTINGS,
    ],
    rows: &["stack 4", "stack 43"],
    check: Check::Backend(stub_device),
};

fn stub_device(case: &Case<'_>) -> Vec<Finding> {
    let refused: Vec<(&crate::event::Errno, &Evidence)> = case
        .children
        .iter()
        .flat_map(|child| &child.refused)
        .filter(|(_, seen)| {
            seen.text.as_str().contains("/resource") && seen.text.as_str().contains("pci")
        })
        .map(|(err, seen)| (err, seen))
        .collect();
    let Some((err, first)) = refused.first() else {
        return Vec::new();
    };
    if !case.reported().is_empty() {
        return Vec::new();
    }
    let file = first.text.as_str().trim_start_matches("open ").to_owned();
    vec![
        STUB_DEVICE
            .found(format!("The driver may not open {file} ({err}), so it cannot reach its device."))
            .object(base(&file))
            .certain_if(trouble(case).is_some())
            .proof(refused.iter().map(|(_, seen)| *seen))
            .so("See its mode and the sandboxing of the unit:")
            .so(format!("$ ls -l {file}; systemctl show ollama -p ProtectKernelTunables -p PrivateDevices"))
            .so("Give it to a group of the service by a udev rule, and set ProtectKernelTunables=no:")
            .so(EDIT_SETTINGS)
            .so(RESTART),
    ]
}
