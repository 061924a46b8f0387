//! GPUs, their kernel drivers, and whether the service's user may open the device nodes.

use super::super::{About, Finding, Level};
use super::shell;
use crate::event::doctor::Facts;
use crate::event::host::{Gpu, Node};

/// PCI vendor of NVIDIA, with the colon that follows.
pub(super) const NVIDIA: &str = "10de:";
/// PCI vendor of AMD.
const AMD: &str = "1002:";

/// A GPU that one of Ollama's GPU backends is for.
pub(super) fn is_compute(gpu: &Gpu) -> bool {
    [NVIDIA, AMD]
        .iter()
        .any(|vendor| gpu.ids.as_str().starts_with(vendor))
}

pub(in super::super) fn check(facts: &Facts, all: &mut Vec<Finding>) {
    if facts.host.pci_unseen {
        all.push(Finding::new(
            "gpu-unseen",
            About::Devices,
            Level::Note,
            "the PCI bus cannot be listed here, so GPUs cannot be told",
        ));
    } else if !facts.host.gpus.iter().any(is_compute) {
        all.push(Finding::new(
            "gpu-none",
            About::Devices,
            Level::Note,
            "no NVIDIA or AMD GPU is on the PCI bus",
        ));
    }
    for gpu in facts.host.gpus.iter().filter(|gpu| is_compute(gpu)) {
        bound(gpu, all);
    }
    missing_nodes(facts, all);
    for node in &facts.host.nodes {
        closed(facts, node, all);
    }
}

fn bound(gpu: &Gpu, all: &mut Vec<Finding>) {
    let nvidia = gpu.ids.as_str().starts_with(NVIDIA);
    let wanted = if nvidia { "nvidia" } else { "amdgpu" };
    let name = format!("the GPU {} at {}", gpu.ids, gpu.address);
    let sentence = match &gpu.driver {
        None => format!("{name} has no kernel driver"),
        Some(driver) if driver.as_str() == wanted => return,
        Some(driver) => {
            format!("{name} has the kernel driver {driver}, which does no computing for Ollama")
        }
    };
    let finding = Finding::new("gpu-driver", About::Devices, Level::Problem, sentence);
    all.push(match gpu.driver {
        None => finding.so(format!("sudo modprobe {wanted}")),
        Some(_) => finding,
    });
}

/// Nodes that the driver's user side needs, and that nvidia-modprobe makes.
fn missing_nodes(facts: &Facts, all: &mut Vec<Finding>) {
    let bound = facts.host.gpus.iter().any(|gpu| {
        gpu.ids.as_str().starts_with(NVIDIA)
            && gpu
                .driver
                .as_ref()
                .is_some_and(|driver| driver.as_str() == "nvidia")
    });
    let there = |path: &str| {
        facts
            .host
            .nodes
            .iter()
            .any(|node| node.path.as_str() == path)
    };
    let missing: Vec<&str> = ["/dev/nvidiactl", "/dev/nvidia0", "/dev/nvidia-uvm"]
        .into_iter()
        .filter(|path| !there(path))
        .collect();
    if bound && !missing.is_empty() {
        all.push(
            Finding::new(
                "node-missing",
                About::Devices,
                Level::Problem,
                format!(
                    "the NVIDIA driver is loaded, and there is no {}",
                    missing.join(", no ")
                ),
            )
            .so("sudo nvidia-modprobe -c 0 -u"),
        );
    }
}

/// A node that computing needs and that the service's user may not open for reading and writing.
fn closed(facts: &Facts, node: &Node, all: &mut Vec<Finding>) {
    let path = node.path.as_str();
    let user = &facts.service.user;
    if !is_for_computing(path) || user.may(node.mode, node.owner, 6) {
        return;
    }
    // Render nodes are what AMD's and Vulkan's libraries open; without an AMD GPU nothing may need them.
    let render = path.starts_with("/dev/dri/");
    let amd = facts
        .host
        .gpus
        .iter()
        .any(|gpu| gpu.ids.as_str().starts_with(AMD));
    let level = if render && !amd {
        Level::Note
    } else {
        Level::Problem
    };
    let finding = Finding::new(
        "node-closed",
        About::Devices,
        level,
        format!(
            "by its permission bits {path} is closed to the user {}",
            user.shown()
        ),
    );
    let [_, group] = node.owner;
    let group = facts
        .groups
        .get(&group)
        .filter(|_| group != 0 && node.mode >> 3 & 6 == 6);
    all.push(match (group, &user.name) {
        (Some(group), Some(name)) => finding.so(format!(
            "sudo usermod -aG {} {}",
            shell(group.as_str()),
            shell(name.as_str())
        )),
        _ if path.starts_with("/dev/nvidia") => {
            finding.so(format!("sudo chmod a+rw {}", shell(path)))
        }
        _ => finding,
    });
}

fn is_for_computing(path: &str) -> bool {
    let number = |begin: &str| {
        path.strip_prefix(begin)
            .is_some_and(|rest| !rest.is_empty() && rest.bytes().all(|byte| byte.is_ascii_digit()))
    };
    ["/dev/nvidiactl", "/dev/nvidia-uvm", "/dev/kfd"].contains(&path)
        || number("/dev/nvidia")
        || number("/dev/dri/renderD")
}
