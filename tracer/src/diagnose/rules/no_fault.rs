//! What looks like a fault in a log and is none, or is what this machine is to do.

use crate::discover::Model;
use crate::discover::model::{Evidence, Origin};

use super::super::explanation::Finding;
use super::super::rule::{Check, Rule, Stage};

pub(super) static RULES: &[&Rule] = &[&INTEL_MAC, &NO_FAULT];

static INTEL_MAC: Rule = Rule {
    id: "VG192",
    stage: Stage::Host,
    title: "On a Mac with an Intel processor Ollama uses the CPU",
    story: "Ollama uses Metal on Apple's own processors alone. On an Intel Mac the CPU is used, whatever its graphics card is: no fault of an installation.",
    proof: "A final list with the CPU alone, and paths of macOS.",
    remedy: &[
        "Nothing brings Ollama's GPU code there; llama.cpp built for Metal or Vulkan may use such a card.",
    ],
    rows: &[],
    check: Check::General(intel_mac),
};

fn intel_mac(model: &Model) -> Vec<Finding> {
    let models = model.server_variable("OLLAMA_MODELS");
    let mac = models.is_some_and(|path| path.as_str().starts_with("/Users"));
    let Some(cpu) = model
        .cpu_only
        .as_ref()
        .filter(|_| mac && model.origin == Origin::Log)
    else {
        return Vec::new();
    };
    // A backend that was tried has a reason of its own.
    if !model.attempts.is_empty() || !model.devices.is_empty() {
        return Vec::new();
    }
    vec![
        INTEL_MAC
            .found("This is a Mac, and its list has the CPU alone: on a Mac with an Intel processor that is all that Ollama uses, for it uses Metal on Apple's processors only.")
            .likely()
            .proof([cpu])
            .do_all(INTEL_MAC.remedy),
    ]
}

static NO_FAULT: Rule = Rule {
    id: "VG193",
    stage: Stage::Source,
    title: "A message that looks like a fault and is none",
    story: "Some lines of a healthy server read like errors: hipBLASLt has no kernels for a card and rocBLAS is used instead; the memory of a model that was unloaded comes back late.",
    proof: "Such a line.",
    remedy: &["By itself it needs nothing."],
    rows: &[],
    check: Check::General(no_fault),
};

/// Words, and what they mean.
const HARMLESS: [(&str, &str); 3] = [
    (
        "amdgpu version file missing",
        "the amdgpu driver that comes with the kernel has no such file, and Ollama works with it; a card that is not used has another reason",
    ),
    (
        "rocblaslt error",
        "hipBLASLt, the faster of two libraries, has no kernels for this card; rocBLAS is used instead, and the card works, somewhat slower",
    ),
    (
        "gpu VRAM usage didn't recover within timeout",
        "the memory of the model that was unloaded was not free again after some seconds; the next model may get fewer layers for once",
    ),
];

fn no_fault(model: &Model) -> Vec<Finding> {
    if model.origin != Origin::Log {
        return Vec::new();
    }
    let told = |(words, means): &(&str, &str)| {
        let lines: Vec<&Evidence> = model
            .lines
            .iter()
            .filter(|line| {
                let error = line.field("error").unwrap_or_default();
                line.message.as_str().contains(words) || error.contains(words)
            })
            .filter_map(|line| line.seen.as_ref())
            .take(3)
            .collect();
        (!lines.is_empty()).then(|| {
            NO_FAULT
                .found(format!("\"{words}\" is no fault by itself: {means}."))
                .likely()
                .proof(lines)
                .do_all(NO_FAULT.remedy)
        })
    };
    HARMLESS.iter().filter_map(told).collect()
}
