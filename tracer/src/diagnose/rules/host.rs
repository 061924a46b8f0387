//! The machine and the service: cards on the bus, their drivers, variables that act or do not.

use crate::discover::Model;
use crate::discover::model::{At, Evidence, Missing};
use crate::event::Text;
use crate::event::host::{Gpu, Host};

use super::super::advice::{DISCOVERS_ONCE, RESTART};
use super::super::explanation::Finding;
use super::super::rule::{Check, Rule, Stage};
use super::super::words::{base, list};

pub(super) static RULES: &[&Rule] = &[&NO_CARD, &NOUVEAU, &GIVEN_AWAY, &NO_MODULE, &NO_NODES];

/// The facts of the machine, unless a device is used already.
fn host(model: &Model) -> Option<&Host> {
    model.host.as_ref().filter(|_| model.devices.is_empty())
}

fn fact(text: impl Into<Text>) -> Evidence {
    Evidence {
        at: At::Host,
        text: text.into(),
    }
}

/// Vendors whose display controllers Ollama can use.
fn is_usable(gpu: &Gpu) -> bool {
    ["10de:", "1002:", "8086:"]
        .iter()
        .any(|vendor| gpu.ids.as_str().starts_with(vendor))
}

fn nvidia(host: &Host) -> Vec<&Gpu> {
    host.gpus
        .iter()
        .filter(|gpu| gpu.ids.as_str().starts_with("10de:"))
        .collect()
}

/// A driver answered with a device although none is on the bus: a virtual GPU without a PCI device.
fn driver_has_device(model: &Model) -> bool {
    model.children.iter().any(|child| {
        child
            .answer
            .as_ref()
            .is_some_and(|answer| !answer.devices.is_empty())
            || child
                .calls
                .iter()
                .any(|call| call.function.as_str() == "cuInit" && call.code == Some(0))
    })
}

/// The driver's library that a process loaded, or could not use.
fn driver_of(model: &Model) -> Option<&str> {
    let is_driver = |path: &&str| base(path).starts_with("libcuda.so") && path.contains('/');
    let loads = || model.children.iter().flat_map(|child| &child.loads);
    let mapped = model.children.iter().flat_map(|child| &child.mapped);
    let unfit = loads()
        .flat_map(|load| &load.missing)
        .filter_map(|missing| match missing {
            Missing::Unfit { file, .. } => Some(file.as_str()),
            Missing::Library { searched, .. } => searched
                .iter()
                .find(|(.., problem)| !problem.is_empty())
                .map(|(file, ..)| file.as_str()),
            _ => None,
        });
    let answered = loads()
        .filter_map(|load| load.closure.as_ref())
        .flat_map(|closure| &closure.objects)
        .filter_map(|object| object.file.as_ref())
        .map(Text::as_str);
    mapped
        .map(|(path, _)| path.as_str())
        .chain(unfit)
        .chain(answered)
        .find(is_driver)
}

static NO_CARD: Rule = Rule {
    id: "VG180",
    stage: Stage::Host,
    title: "There is no GPU on the PCI bus",
    story: "On a machine without a GPU the CPU is the right answer, whatever the backends say. In a virtual machine the card must be given to it first; a container sees its host's bus.",
    proof: "The list of display controllers (class 03) on the bus, at the time of the recording.",
    remedy: &[
        "Nothing is to be done, unless the machine should have a GPU.",
        "$ lspci -nn | grep -E '\\[03(00|02|80)\\]'",
    ],
    rows: &["reports E", "stack 4"],
    check: Check::General(no_card),
};

fn no_card(model: &Model) -> Vec<Finding> {
    let Some(host) = host(model).filter(|host| !host.pci_unseen) else {
        return Vec::new();
    };
    let usable = host.gpus.iter().any(is_usable);
    // Jetson and WSL have GPUs that are on no PCI bus.
    let elsewhere = host.arch.as_str() != "x86_64"
        || host
            .kernel
            .as_str()
            .to_ascii_lowercase()
            .contains("microsoft");
    let virtual_gpu = model.virtual_gpu.is_some();
    if usable || elsewhere || virtual_gpu || driver_has_device(model) {
        return Vec::new();
    }
    let nodes = host.nodes.iter().any(|node| {
        node.path.as_str().starts_with("/dev/nvidia") || node.path.as_str() == "/dev/kfd"
    });
    let seen = if host.gpus.is_empty() {
        fact("no display controller (class 03) on the PCI bus")
    } else {
        let ids: Vec<&str> = host.gpus.iter().map(|gpu| gpu.ids.as_str()).collect();
        fact(format!(
            "display controllers on the PCI bus: {}",
            list(&ids)
        ))
    };
    let what = match driver_of(model) {
        // A library of the driver's name may stand in for it, and then a card is not what is missing.
        Some(path) => format!(
            ". With NVIDIA's own driver the CPU is the right answer here; if {path} stands in for it, what stopped it is told with the backend."
        ),
        None => ", so the CPU is the right answer here.".to_owned(),
    };
    vec![
        NO_CARD
            .found(format!("This machine has no GPU on its PCI bus that Ollama could use{what}"))
            .certain_if(!nodes)
            .proof([&seen])
            .so("If the machine should have one: in a virtual machine give it the card; else see whether the bus shows it:")
            .so("$ lspci -nn | grep -E '\\[03(00|02|80)\\]'"),
    ]
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
