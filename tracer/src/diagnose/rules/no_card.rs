//! No card on the PCI bus: where the CPU is the right answer, and where that is not known.

use crate::discover::Model;
use crate::discover::model::{Evidence, Missing};
use crate::event::Text;
use crate::event::host::{Gpu, Host};

use super::super::advice;
use super::super::explanation::Finding;
use super::super::rule::{Check, Rule, Stage};
use super::super::words::{base, list};
use super::host::{fact, host};

pub(super) static RULES: &[&Rule] = &[&NO_CARD];

/// Vendors whose display controllers Ollama can use.
fn is_usable(gpu: &Gpu) -> bool {
    ["10de:", "1002:", "8086:"]
        .iter()
        .any(|vendor| gpu.ids.as_str().starts_with(vendor))
}

/// Calls that NVIDIA's own driver refuses where it has no card (`CUDA_ERROR_NO_DEVICE`, `CUDA_ERROR_NOT_INITIALIZED`).
const HAS_DEVICE: [&str; 3] = ["cuInit", "cuDeviceGetCount", "cuDeviceGet"];

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
                .any(|call| HAS_DEVICE.contains(&call.function.as_str()) && call.code == Some(0))
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
                .find(|tried| tried.problem.is_some())
                .map(|tried| tried.file.as_str()),
            _ => None,
        });
    let answered = loads()
        .filter_map(|load| load.closure.as_ref())
        .flat_map(|closure| &closure.objects)
        .filter_map(|object| object.file.as_ref())
        .map(Text::as_str);
    let mut calls = model.children.iter().flat_map(|child| &child.calls);
    mapped
        .map(|(path, _)| path.as_str())
        .chain(unfit)
        .chain(answered)
        .find(is_driver)
        // Preloaded, it may have any name.
        .or_else(|| {
            calls
                .find(|call| call.api.as_str() == "cuda")?
                .of
                .as_ref()
                .map(Text::as_str)
        })
}

static NO_CARD: Rule = Rule {
    id: "VG180",
    stage: Stage::Host,
    title: "There is no GPU on the PCI bus",
    story: "On a machine without a GPU the CPU is the right answer, whatever the backends say. In a virtual machine the card must be given to it first; a container sees its host's bus. A virtual GPU may have no PCI device: a recording without \
the end of the discovery cannot tell whether its driver answered.",
    proof: "The list of display controllers (class 03) on the bus, at the time of the recording, and a discovery that was seen to its end.",
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
    let virtual_gpu = model.virtual_gpu.is_some();
    if usable || host.may_have_gpu_off_the_bus() || virtual_gpu || driver_has_device(model) {
        return Vec::new();
    }
    let nodes = host.nodes.iter().any(|node| {
        node.path.as_str().starts_with("/dev/nvidia") || node.path.as_str() == "/dev/kfd"
    });
    let (what, known) = meaning(model);
    let mut finding = NO_CARD
        .found(format!(
            "This machine has no GPU on its PCI bus that Ollama could use{what}"
        ))
        .certain_if(known && !nodes)
        .proof([&bus(host)]);
    if !known {
        finding = finding
            .so("Record again, until the table is printed:")
            .so(advice::record(model));
    }
    vec![
        finding
            .so("If the machine should have one: in a virtual machine give it the card; else see whether the bus shows it:")
            .so("$ lspci -nn | grep -E '\\[03(00|02|80)\\]'"),
    ]
}

/// What follows from it, and whether all of the discovery was seen: a virtual GPU may have no PCI device, and is known by
/// its driver's answer alone.
fn meaning(model: &Model) -> (String, bool) {
    if !model.finished {
        let open = ". Whether that is the reason is not known: the end of the discovery is not in this recording, and a driver may answer without a card (a virtual GPU, a shim).";
        return (open.to_owned(), false);
    }
    if is_holed(model) {
        let holed = ", so the CPU is most likely the right answer here; events are missing from this recording, and with them perhaps a driver that answers without a card (a virtual GPU, a shim).";
        return (holed.to_owned(), false);
    }
    let what = match driver_of(model) {
        // A library of the driver's name may stand in for it, and then a card is not what is missing.
        Some(path) => format!(
            ". With NVIDIA's own driver the CPU is the right answer here; if {path} stands in for it, what stopped it is told with the backend."
        ),
        None => ", so the CPU is the right answer here.".to_owned(),
    };
    (what, true)
}

/// What a driver answered may be missing.
fn is_holed(model: &Model) -> bool {
    let blind = &model.blind;
    blind.damaged || blind.began_late || !blind.lost.is_empty()
}

fn bus(host: &Host) -> Evidence {
    if host.gpus.is_empty() {
        return fact("no display controller (class 03) on the PCI bus");
    }
    let ids: Vec<&str> = host.gpus.iter().map(|gpu| gpu.ids.as_str()).collect();
    fact(format!(
        "display controllers on the PCI bus: {}",
        list(&ids)
    ))
}
