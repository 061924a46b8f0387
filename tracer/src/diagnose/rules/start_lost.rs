//! A GPU that was there when Ollama started, and is not when a model is.

use crate::discover::Model;
use crate::discover::model::ModelStart;

use super::super::advice::RESTART;
use super::super::case::Case;
use super::super::drivers::{Trouble, trouble};
use super::super::explanation::Finding;
use super::super::rule::{Check, Rule, Stage};
use super::start_backend;

pub(super) static RULES: &[&Rule] = &[&LOST];

static LOST: Rule = Rule {
    id: "VG166",
    stage: Stage::Model,
    title: "The driver gives the model's process no device any more",
    story: "A model's process starts the backend anew. A card that was there when Ollama started can be gone then: systemd's daemon-reload takes the devices of a container away, an update replaces the driver's libraries under the running \
kernel module, the card has fallen off the bus. Ollama goes on, on the CPU.",
    proof: "The driver's or the runtime's error in the process of the model, and a device in the final list of the discovery.",
    remedy: &[
        "See whether the driver still answers, and start the container or the machine again:",
        "$ nvidia-smi; sudo dmesg | grep -i -E 'NVRM|Xid' | tail",
    ],
    rows: &["reports D"],
    check: Check::Start(lost),
};

/// The driver's error in the process of a model that went to the CPU.
fn refusal(model: &Model, start: &ModelStart) -> Option<Trouble> {
    let counted = start_backend::counted_with_gpu(model, start).is_some();
    if model.devices.is_empty() && !counted {
        return None;
    }
    let child = model.children.get(start.child?)?;
    let trouble = trouble(&Case {
        model,
        name: start.dir.as_str(),
        folder: None,
        attempts: Vec::new(),
        children: vec![child],
        second: Vec::new(),
    })?;
    // llama.cpp of 2024 said "offloaded" of layers that it had no device for; where their weights lie tells, and the count.
    let said = matches!(start.offloaded, Some((done, _)) if done > 0) && !start.planned;
    let placed = &start.placed;
    let none = trouble.function.ends_with("GetDeviceCount") && !placed.weights_on_gpu;
    (!said || none || placed.is_on_cpu_alone()).then_some(trouble)
}

/// That the driver is gone is the reason, so numbers of memory are none.
pub(super) fn is_lost(model: &Model, start: &ModelStart) -> bool {
    refusal(model, start).is_some()
}

fn lost(model: &Model, start: &ModelStart) -> Option<Finding> {
    let trouble = refusal(model, start)?;
    let code = trouble
        .code
        .map_or_else(String::new, |code| format!(" ({code})"));
    let finding = LOST
        .found(format!(
            "{}; in the process of this model {} says \"{}\"{code}, so the model is on the CPU.",
            if model.devices.is_empty() {
                "The server counted with a GPU"
            } else {
                "The GPU was there when Ollama started"
            },
            trouble.function,
            trouble.words
        ))
        .proof(&trouble.seen)
        .proof(start.seen.as_ref());
    Some(match trouble.code {
        Some(803 | 804) => finding
            .so("The driver's libraries were replaced while its kernel module ran: load the new module, or restart the machine.")
            .so("$ cat /proc/driver/nvidia/version; nvidia-smi"),
        _ => finding
            .so("In a container: its devices were taken away (a daemon-reload of systemd does that); start it again.")
            .so("$ docker restart CONTAINER")
            .so("On the host: see whether the driver still answers:")
            .so("$ nvidia-smi; sudo dmesg | grep -i -E 'NVRM|Xid' | tail")
            .so(RESTART),
    })
}
