//! The machine: the drivers of cards that are on the bus, and their device nodes.

use crate::discover::Model;
use crate::discover::model::{At, Evidence};
use crate::event::Text;
use crate::event::host::{Gpu, Host};

use super::super::advice::{DISCOVERS_ONCE, RESTART};
use super::super::explanation::Finding;
use super::super::rule::{Check, Rule, Stage};
use super::super::words::list;

pub(super) static RULES: &[&Rule] = &[&NOUVEAU, &GIVEN_AWAY, &NO_MODULE, &NO_NODES];

/// The facts of the machine, unless a device is used already.
pub(super) fn host(model: &Model) -> Option<&Host> {
    model.host.as_ref().filter(|_| model.devices.is_empty())
}

pub(super) fn fact(text: impl Into<Text>) -> Evidence {
    Evidence {
        at: At::Host,
        text: text.into(),
    }
}

fn nvidia(host: &Host) -> Vec<&Gpu> {
    host.gpus
        .iter()
        .filter(|gpu| gpu.ids.as_str().starts_with("10de:"))
        .collect()
}

static NOUVEAU: Rule = Rule {
    id: "VG181",
    stage: Stage::Host,
    title: "The card is bound to nouveau",
    story: "nouveau drives displays and cannot do CUDA. NVIDIA's driver is not installed, or was not loaded because nouveau was first.",
    proof: "The kernel driver bound to the card.",
    remedy: &[
        "Install NVIDIA's driver, which keeps nouveau away, and reboot.",
        "$ sudo apt install nvidia-driver",
    ],
    rows: &["reports F", "runner 21"],
    check: Check::General(nouveau),
};

fn nouveau(model: &Model) -> Vec<Finding> {
    bound(model, "nouveau").map(|(gpu, seen)| {
        NOUVEAU
            .found(format!("The NVIDIA card at {} is driven by nouveau, which cannot do CUDA; NVIDIA's own driver is needed.", gpu.address))
            .object("nvidia kernel module")
            .proof([&seen])
            .do_all(NOUVEAU.remedy)
            .so("Vulkan (OLLAMA_VULKAN=1) may work with nouveau as it is.")
    }).into_iter().collect()
}

fn bound<'a>(model: &'a Model, driver: &str) -> Option<(&'a Gpu, Evidence)> {
    let gpus = nvidia(host(model)?);
    // With another card that NVIDIA's driver has, this one is not what is missing.
    if gpus.iter().any(|gpu| {
        gpu.driver
            .as_ref()
            .is_some_and(|bound| bound.as_str() == "nvidia")
    }) {
        return None;
    }
    let gpu = gpus.into_iter().find(|gpu| {
        gpu.driver
            .as_ref()
            .is_some_and(|bound| bound.as_str() == driver)
    })?;
    let seen = fact(format!(
        "PCI {} {} is bound to {driver}",
        gpu.address, gpu.ids
    ));
    Some((gpu, seen))
}

static GIVEN_AWAY: Rule = Rule {
    id: "VG182",
    stage: Stage::Host,
    title: "The card is set aside for a virtual machine",
    story: "A card bound to vfio-pci (or pci-stub) is kept for a guest; no driver of this machine can use it.",
    proof: "The kernel driver bound to the card.",
    remedy: &["Run Ollama in the guest that has the card, or give the card back to this machine."],
    rows: &["reports E"],
    check: Check::General(given_away),
};

fn given_away(model: &Model) -> Vec<Finding> {
    ["vfio-pci", "pci-stub"]
        .iter()
        .find_map(|driver| bound(model, driver).map(|(gpu, seen)| (driver, gpu, seen)))
        .map(|(driver, gpu, seen)| {
            GIVEN_AWAY
                .found(format!("The NVIDIA card at {} is bound to {driver}: it is set aside for a virtual machine.", gpu.address))
                .proof([&seen])
                .do_all(GIVEN_AWAY.remedy)
        })
        .into_iter()
        .collect()
}

static NO_MODULE: Rule = Rule {
    id: "VG183",
    stage: Stage::Host,
    title: "A card is there and its kernel module is not loaded",
    story: "The NVIDIA module is not installed, not built for this kernel (after a kernel update), or refused (Secure Boot).",
    proof: "A card of NVIDIA on the bus without a driver, and no module nvidia.",
    remedy: &[
        "Load it and see what the kernel says:",
        "$ sudo modprobe nvidia; sudo dmesg | tail",
        "$ dkms status; mokutil --sb-state",
    ],
    rows: &["runner 34", "reports C", "reports F"],
    check: Check::General(no_module),
};

fn no_module(model: &Model) -> Vec<Finding> {
    let Some(host) = host(model) else {
        return Vec::new();
    };
    let unbound: Vec<&Gpu> = nvidia(host)
        .into_iter()
        .filter(|gpu| gpu.driver.is_none())
        .collect();
    let Some(gpu) = unbound.first() else {
        return Vec::new();
    };
    if host.modules.contains_key("nvidia") || host.nvidia.is_some() {
        return Vec::new();
    }
    let stub = gpu.ids.as_str() == "10de:2331" && host.modules.is_empty();
    let seen = fact(format!(
        "PCI {} {} has no driver, and no module nvidia is loaded",
        gpu.address, gpu.ids
    ));
    let mut finding = NO_MODULE
        .found(format!(
            "There is an NVIDIA card at {}, and no kernel module drives it.",
            gpu.address
        ))
        .object("nvidia kernel module")
        .likely()
        .proof([&seen])
        .do_all(NO_MODULE.remedy);
    if stub {
        finding = finding.so("A virtual GPU (VGPU-STUB) needs no module; its driver library must answer as libcuda.so.1.");
    }
    vec![finding.so(DISCOVERS_ONCE).so(RESTART)]
}

static NO_NODES: Rule = Rule {
    id: "VG184",
    stage: Stage::Host,
    title: "The driver is loaded and its device nodes are missing",
    story: "CUDA needs /dev/nvidiactl, /dev/nvidia0 and /dev/nvidia-uvm. In a container they come from the runtime; on a host without a display nvidia-modprobe or nvidia-persistenced makes them.",
    proof: "The module nvidia is loaded and the nodes are not there.",
    remedy: &[
        "On the host:",
        "$ sudo nvidia-modprobe -u -c=0",
        "In a container: start it with the GPU (docker: --gpus=all).",
    ],
    rows: &["runner 34", "reports D", "reports E"],
    check: Check::General(no_nodes),
};

fn no_nodes(model: &Model) -> Vec<Finding> {
    let Some(host) = host(model) else {
        return Vec::new();
    };
    let module = host.modules.contains_key("nvidia") || host.nvidia.is_some();
    // Cards are numbered: a container may have the fourth alone.
    let is_card = |path: &str| {
        path.strip_prefix("/dev/nvidia")
            .is_some_and(|rest| !rest.is_empty() && rest.bytes().all(|one| one.is_ascii_digit()))
    };
    let has = |path: &str| {
        let mut nodes = host.nodes.iter().map(|node| node.path.as_str());
        nodes.any(|node| node == path || (is_card(path) && is_card(node)))
    };
    if !module || nvidia(host).is_empty() {
        return Vec::new();
    }
    let missing: Vec<&str> = ["/dev/nvidiactl", "/dev/nvidia0", "/dev/nvidia-uvm"]
        .into_iter()
        .filter(|path| !has(path))
        .collect();
    if missing.is_empty() {
        return Vec::new();
    }
    let seen = fact(format!(
        "the module nvidia is loaded; {} not there",
        list(&missing)
    ));
    vec![
        NO_NODES
            .found(format!(
                "NVIDIA's kernel module is loaded, and of its device nodes {} missing here.",
                match missing.as_slice() {
                    [one] => format!("{one} is"),
                    many => format!("{} are", list(many)),
                }
            ))
            .object(*missing.first().unwrap_or(&""))
            .proof([&seen])
            .do_all(NO_NODES.remedy)
            .so(DISCOVERS_ONCE)
            .so(RESTART),
    ]
}
