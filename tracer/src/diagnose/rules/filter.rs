//! Devices that came out and were removed: overlap, duplicates, integrated, without memory (ml/device.go, discover/runner.go).

use crate::discover::model::{Evidence, Line};
use crate::event::Text;

use super::super::advice::RESTART;
use super::super::case::{Case, Family};
use super::super::explanation::Finding;
use super::super::rule::{Check, Rule, Stage};
use super::super::words::base;

pub(super) static RULES: &[&Rule] = &[
    &OVERLAP,
    &DUPLICATE,
    &INTEGRATED,
    &NO_MEMORY,
    &SAME_CARD,
    &NO_FILTER_SEEN,
];

fn seen<'a>(lines: &[&'a Line]) -> Vec<&'a Evidence> {
    lines.iter().filter_map(|line| line.seen.as_ref()).collect()
}

pub(in super::super) static OVERLAP: Rule = Rule {
    id: "VG150",
    stage: Stage::Filter,
    title: "Another folder has the same card",
    story: "When cuda_v12 and cuda_v13 both find the card, one of them is kept (cuda_v13, unless their devices differ). That is normal: the card is used.",
    proof: "The server's line with kept_library, or the same card in the final list from another folder.",
    remedy: &[
        "Nothing is to be done. To have this folder instead, set OLLAMA_LLM_LIBRARY to its name.",
    ],
    rows: &["runner 48", "runner 49", "llama-server 32"],
    check: Check::Backend(overlap),
};

fn overlap(case: &Case<'_>) -> Vec<Finding> {
    let lines: Vec<&Line> = case
        .model
        .lines_saying("filtering device with overlapping libraries")
        .filter(|line| {
            line.field("library")
                .is_some_and(|dir| base(dir) == case.name)
        })
        .collect();
    let Some(line) = lines.first() else {
        return Vec::new();
    };
    let kept = line.field("kept_library").map_or("another folder", base);
    if case.reported().len() > lines.len() {
        return vec![
            OVERLAP
                .found(format!(
                    "{} works with some of the cards only, and {kept} with those and others: a library is used from one folder, so {kept} is kept for all of them.",
                    case.name
                ))
                .proof(seen(&lines))
                .so(format!("Nothing is to be done, as long as {kept} serves the cards. With OLLAMA_LLM_LIBRARY={} the other cards would be lost.", case.name)),
        ];
    }
    vec![
        OVERLAP
            .found(format!("{} works; its card is used through {kept}, which has the same one. That is normal.", case.name))
            .proof(seen(&lines))
            .so("Nothing is to be done.")
            .so(format!("To have {} used instead, set OLLAMA_LLM_LIBRARY={} for the service.", case.name, case.name)),
    ]
}

static DUPLICATE: Rule = Rule {
    id: "VG151",
    stage: Stage::Filter,
    title: "The same card is used through CUDA or ROCm",
    story: "A card that CUDA or ROCm has too (same PCI id) is not used through Vulkan. That is normal: the card is used.",
    proof: "The server's line \"dropping duplicate device\".",
    remedy: &["Nothing is to be done."],
    rows: &["runner 51", "llama-server 32", "reports N"],
    check: Check::Backend(duplicate),
};

fn duplicate(case: &Case<'_>) -> Vec<Finding> {
    if case.family() != Family::Vulkan {
        return Vec::new();
    }
    let lines: Vec<&Line> = case
        .model
        .lines_saying("dropping duplicate device")
        .collect();
    if lines.is_empty() {
        return Vec::new();
    }
    let other = case
        .model
        .devices
        .iter()
        .find(|device| device.library.as_str() != "Vulkan");
    let through = other.map_or("CUDA or ROCm", |device| device.library.as_str());
    vec![
        DUPLICATE
            .found(format!(
                "{} works; its card is used through {through} already. That is normal.",
                case.name
            ))
            .proof(seen(&lines))
            .do_all(DUPLICATE.remedy),
    ]
}

static INTEGRATED: Rule = Rule {
    id: "VG152",
    stage: Stage::Filter,
    title: "An integrated GPU is left out",
    story: "From 0.30 on a GPU that is part of the processor is not used unless OLLAMA_IGPU_ENABLE=1. One INFO line says so.",
    proof: "The server's line.",
    remedy: &[
        "To use it, set OLLAMA_IGPU_ENABLE=1 for the service:",
        "$ sudo systemctl edit ollama",
    ],
    rows: &["llama-server 32", "reports N"],
    check: Check::Backend(integrated),
};

fn integrated(case: &Case<'_>) -> Vec<Finding> {
    let library = match case.family() {
        Family::Cuda => "CUDA",
        Family::Rocm => "ROCm",
        Family::Vulkan => "Vulkan",
        Family::Other => return Vec::new(),
    };
    let all: Vec<&Line> = case
        .model
        .lines
        .iter()
        .filter(|line| {
            line.message.as_str().starts_with("dropping integrated GPU")
                && line.field("library") == Some(library)
        })
        .collect();
    if all.is_empty() {
        return Vec::new();
    }
    if let Some(card) = all.iter().find_map(|line| no_integrated(line)) {
        return vec![
            INTEGRATED
                .found(format!("{} works; its device {card} was taken for a part of the processor, which it is not, and left out: Vulkan's devices were mixed up. Where CUDA has the card too, that is used.", case.name))
                .object("OLLAMA_VULKAN")
                .proof(seen(&all))
                .so("Leave Vulkan out where CUDA works, so that no model goes to the processor's GPU: OLLAMA_VULKAN=0 for the service, then restart it.")
                .so(RESTART),
        ];
    }
    vec![
        INTEGRATED
            .found(format!("{} works; its device is part of the processor, and this Ollama leaves such devices out unless OLLAMA_IGPU_ENABLE=1.", case.name))
            .object("OLLAMA_IGPU_ENABLE")
            .proof(seen(&all))
            .do_all(INTEGRATED.remedy)
            .so(RESTART),
    ]
}

/// The name of a card that is no part of a processor: NVIDIA makes none for PCs.
fn no_integrated<'a>(line: &&'a Line) -> Option<&'a str> {
    let name = line.field("description")?;
    name.contains("GeForce").then_some(name)
}

static NO_MEMORY: Rule = Rule {
    id: "VG153",
    stage: Stage::Filter,
    title: "The device tells no memory and counts as none",
    story: "From 0.30 on a device with 0 MiB is taken for BLAS and the like and is left out. A real card whose cudaMemGetInfo fails (MIG, a driver that stands in) ends like that. DEBUG says \"skipping pseudo-device with zero memory\".",
    proof: "cudaMemGetInfo failed, or the device stands in the list with 0 MiB.",
    remedy: &["cuMemGetInfo of the driver must succeed; see why it does not."],
    rows: &["llama-server 22", "stack 35"],
    check: Check::Backend(no_memory),
};

fn no_memory(case: &Case<'_>) -> Vec<Finding> {
    // The line is meant for BLAS and the like, which is no device of this backend.
    let lines: Vec<&Line> = case
        .lines("skipping pseudo-device with zero memory")
        .into_iter()
        .filter(|line| {
            let name = line.field("name").unwrap_or_default();
            name.is_empty()
                || ["CUDA", "ROCm", "Vulkan"]
                    .iter()
                    .any(|gpu| name.starts_with(gpu))
        })
        .collect();
    let empty: Vec<&str> = case
        .reported()
        .iter()
        .filter(|device| device.total == Some(0))
        .map(|device| device.id.as_str())
        .collect();
    let failed: Vec<Evidence> = case
        .calls()
        .filter(|(_, call)| {
            call.failed
                && matches!(
                    call.function.as_str(),
                    "cudaMemGetInfo" | "cuMemGetInfo_v2" | "cuMemGetInfo" | "hipMemGetInfo"
                )
        })
        .map(|(_, call)| case.call_seen(call))
        .collect();
    if lines.is_empty() && empty.is_empty() {
        return Vec::new();
    }
    let device = empty
        .first()
        .copied()
        .or_else(|| lines.first().and_then(|line| line.field("name")))
        .unwrap_or("The device");
    let why = failed.first().map_or_else(
        || "; as a rule the question for its memory failed".to_owned(),
        |call| format!("; the question for its memory failed: {}", call.text),
    );
    let listed: Vec<&Evidence> = case
        .attempts
        .iter()
        .filter_map(|attempt| attempt.answer.as_ref())
        .filter_map(|answer| answer.seen.as_ref())
        .collect();
    vec![
        NO_MEMORY
            .found(format!("{device} was found and dropped because it tells 0 MiB of memory{why}."))
            .object("cudaMemGetInfo")
            .certain_if(!failed.is_empty() || !lines.is_empty())
            .proof(&failed)
            .proof(listed)
            .proof(seen(&lines))
            .so("cuMemGetInfo must answer for this device. With NVIDIA's driver see its memory and whether MIG or another process takes it all:")
            .so("$ nvidia-smi --query-gpu=memory.total,memory.free,mig.mode.current --format=csv")
            .so("A driver of your own must answer it with success.")
            .so(RESTART),
    ]
}

static SAME_CARD: Rule = Rule {
    id: "VG154",
    stage: Stage::Filter,
    title: "One card was reported twice",
    story: "Two devices of one library with the same PCI id are one card for the server; the second is dropped without a word. A backend that is registered twice (a copy at the top of the library folder), or a driver that gives several devices one id, does that.",
    proof: "Two devices with one PCI id in one answer, or in the lines \"verifying if device is supported\", and not both in the final list.",
    remedy: &[
        "Remove the second copy of the backend; a driver must give each device an id of its own.",
    ],
    rows: &["runner 50", "stack 17", "stack 62"],
    check: Check::Warning(same_card),
};

/// Two devices of one library at one address.
struct Twins {
    pci: Text,
    kept: Text,
    dropped: Text,
    seen: Vec<Evidence>,
}

/// From the answers of its processes: the runner's, and of later eras the probe's (the list has no addresses).
fn twins_answered(case: &Case<'_>) -> Option<Twins> {
    let of_attempts = case.attempts.iter().filter_map(|one| one.answer.as_ref());
    let of_children = case.children.iter().filter_map(|one| one.answer.as_ref());
    of_attempts.chain(of_children).find_map(|answer| {
        let all = &answer.devices;
        all.iter().enumerate().find_map(|(at, device)| {
            let pci = device.pci_id.as_ref().filter(|pci| !pci.is_empty())?;
            let twin = all.iter().skip(at + 1).find(|other| {
                other.pci_id.as_ref() == Some(pci) && other.library == device.library
            })?;
            Some(Twins {
                pci: pci.clone(),
                kept: device.id.clone(),
                dropped: twin.id.clone(),
                seen: answer.seen.iter().cloned().collect(),
            })
        })
    })
}

/// From the lines with which the server looks at each device once more.
fn twins_in_lines(case: &Case<'_>) -> Option<Twins> {
    let lines: Vec<&Line> = case
        .model
        .lines_saying("verifying if device is supported")
        .filter(|line| {
            line.field("library")
                .is_some_and(|path| base(path) == case.name)
        })
        .collect();
    lines.iter().enumerate().find_map(|(at, line)| {
        let pci = line.field("pci_id").filter(|pci| !pci.is_empty())?;
        let id = line.field("id")?;
        let twin = lines.iter().skip(at + 1).find(|other| {
            other.field("pci_id") == Some(pci) && other.field("id").is_some_and(|one| one != id)
        })?;
        Some(Twins {
            pci: Text::from(pci),
            kept: Text::from(id),
            dropped: Text::from(twin.field("id")?),
            seen: [*line, *twin]
                .iter()
                .filter_map(|one| one.seen.clone())
                .collect(),
        })
    })
}

fn same_card(case: &Case<'_>) -> Vec<Finding> {
    let Some(twins) = twins_answered(case).or_else(|| twins_in_lines(case)) else {
        return Vec::new();
    };
    let Twins {
        pci,
        kept,
        dropped,
        seen,
    } = &twins;
    let listed = case
        .model
        .devices
        .iter()
        .filter(|device| device.pci_id == *pci);
    if listed.count() > 1 {
        return Vec::new();
    }
    let what = if kept == dropped {
        format!(
            "Two devices {kept} are reported at the PCI id {pci}; Ollama takes them for one card and drops the second without a word."
        )
    } else {
        format!(
            "{dropped} is reported at the PCI id of {kept}, {pci}; Ollama takes both for one card and drops {dropped} without a word."
        )
    };
    let finding = SAME_CARD.found(what).object(pci.clone()).proof(seen);
    vec![if case.model.virtual_gpu.is_some() {
        finding.so("Give each [[device]] of vgpu.toml a pci of its own.")
    } else {
        finding.do_all(SAME_CARD.remedy)
    }]
}

pub(in super::super) static NO_FILTER_SEEN: Rule = Rule {
    id: "VG159",
    stage: Stage::Filter,
    title: "A device came out and is not in the final list",
    story: "The device was reported and removed; no line or process shows which filter did it. At INFO none of the filters but two says anything.",
    proof: "The device in an answer, and its absence in the final list.",
    remedy: &["OLLAMA_DEBUG=1 shows which filter it was."],
    rows: &[],
    check: Check::Given,
};
