//! Libraries that stand in for the driver: asked before they are there, or answering without a device.

use crate::discover::Model;
use crate::discover::model::{At, Child, Evidence, ModelStart, Symbol};

use super::super::advice::EDIT_UNIT;
use super::super::explanation::Finding;
use super::super::rule::{Check, Rule, Stage};
use super::super::words::base;

pub(super) static RULES: &[&Rule] = &[&TOO_EARLY, &NO_DEVICE];

static TOO_EARLY: Rule = Rule {
    id: "VG190",
    stage: Stage::Host,
    title: "A library asks for the driver before it is there",
    story: "A runtime that stands in for NVIDIA's looks for cuInit in its constructor, by dlsym over all libraries. It finds what was loaded by then: all that is preloaded, in whatever order, and not the driver that comes with \
the backend (with RTLD_NEXT only what stands behind the one that asks). What the runtime does without the driver it goes on doing.",
    proof: "dlsym of a function that every driver has came back with NULL, and who asked.",
    remedy: &[
        "Have the library that asks need the driver's (DT_NEEDED), or preload that one too (behind it, if it asks with RTLD_NEXT), or ask at the first call and not in a constructor.",
        EDIT_UNIT,
    ],
    rows: &["stack 13"],
    check: Check::General(too_early),
};

/// Functions that every CUDA driver has (cuda.h), so that asking for them is no question about its version.
const EVERY_DRIVER_HAS: [&str; 3] = ["cuInit", "cuDriverGetVersion", "cuDeviceGetCount"];

fn is_driver(path: &str) -> bool {
    base(path).starts_with("libcuda.so")
}

fn too_early(model: &Model) -> Vec<Finding> {
    if !model.devices.is_empty() {
        return Vec::new();
    }
    let asked = |symbol: &&Symbol| {
        let by_other = symbol
            .of
            .as_ref()
            .is_some_and(|of| !of.is_empty() && !is_driver(of.as_str()));
        by_other && EVERY_DRIVER_HAS.contains(&symbol.name.as_str())
    };
    let all: Vec<(&Child, &Symbol)> = model
        .children
        .iter()
        .flat_map(|child| {
            child
                .missed_symbols
                .iter()
                .map(move |symbol| (child, symbol))
        })
        .filter(|(_, symbol)| asked(symbol))
        .collect();
    let Some((child, symbol)) = all.first() else {
        return Vec::new();
    };
    let who = symbol.of.as_ref().map_or("", |of| of.as_str());
    let later = child.mapped.iter().find(|(path, seq)| {
        is_driver(path.as_str()) && matches!(symbol.seen.at, At::Event(asked) if asked < *seq)
    });
    let then = match later {
        Some((path, _)) => format!("; {path} was loaded only afterwards"),
        None => String::new(),
    };
    vec![
        TOO_EARLY
            .found(format!(
                "{who} asked for {} when no library of the process defined it{then}.",
                symbol.name
            ))
            .object(who)
            .proof(all.iter().map(|(_, symbol)| &symbol.seen))
            .do_all(TOO_EARLY.remedy),
    ]
}

static NO_DEVICE: Rule = Rule {
    id: "VG191",
    stage: Stage::Host,
    title: "Layers are said to be on a GPU, and no device was opened",
    story: "A driver opens /dev/nvidiactl and its relatives, one for a virtual GPU a resource of its PCI device. A stand-in that answers every call with success and opens nothing lets Ollama report a model on the GPU that computes \
nothing; its answers are those of empty memory.",
    proof: "The layers in the lines of the model's process, and that it opened no device.",
    remedy: &[
        "Have every function that does no work return CUDA_ERROR_NOT_SUPPORTED (801) and not success; then see what fails first:",
        "$ sudo vgputrace run --calls all -- ollama serve",
    ],
    rows: &["stack 39"],
    check: Check::General(no_device),
};

fn no_device(model: &Model) -> Vec<Finding> {
    let blind = &model.blind;
    let seen_whole = blind.lost.is_empty()
        && !blind.damaged
        && !blind.began_late
        && blind.log_level.is_none()
        && model.virtual_gpu.is_none();
    if !seen_whole {
        return Vec::new();
    }
    model
        .models
        .iter()
        .find_map(|start| without_device(model, start))
        .into_iter()
        .collect()
}

fn without_device(model: &Model, start: &ModelStart) -> Option<Finding> {
    let (done, all) = start.offloaded.filter(|(done, _)| *done > 0)?;
    let child = model.children.get(start.child?)?;
    let cuda = model
        .devices
        .iter()
        .any(|device| device.library.as_str() == "CUDA" && device.dirs.contains(&start.dir));
    let (driver, seq) = child
        .mapped
        .iter()
        .find(|(path, _)| is_driver(path.as_str()))?;
    if !cuda || child.process.is_none() || !child.opened_devices.is_empty() {
        return None;
    }
    let mapped = Evidence::event(*seq, format!("map {driver}"));
    Some(
        NO_DEVICE
            .found(format!(
                "{done} of {all} layers of the model are said to be on the GPU, and its process opened no device at all: neither a node of /dev nor a resource on the PCI bus. {driver} answers without one."
            ))
            .object(driver.clone())
            .likely()
            .proof(start.seen.as_ref())
            .proof([&mapped])
            .proof(&start.reasons)
            .do_all(NO_DEVICE.remedy),
    )
}
