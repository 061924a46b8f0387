//! A start of a model whose number of layers on the GPU, or whose reason for it, is not told.

use crate::discover::Model;
use crate::discover::model::{Evidence, Line, ModelStart};

use super::super::explanation::Finding;
use super::super::rule::{Check, Rule, Stage};

pub(super) static RULES: &[&Rule] = &[&UNKNOWN];

static UNKNOWN: Rule = Rule {
    id: "VG169",
    stage: Stage::Model,
    title: "How much of the model is on the GPU was not seen",
    story: "The line \"offloaded N/M layers to GPU\" tells it; the recording or log ends before it or does not have it.",
    proof: "The start of the model and no such line.",
    remedy: &["See it now:", "$ ollama ps"],
    rows: &[],
    check: Check::Start(unknown),
};

/// What the lines tell of its place where the number of layers is not among them.
fn planned(model: &Model, start: &ModelStart) -> Option<String> {
    let about = |message: &'static str| {
        let of = move |line: &&Line| {
            line.seen
                .as_ref()
                .is_some_and(|seen| start.reasons.contains(seen))
        };
        model.lines_saying(message).filter(of)
    };
    if let Some(layers) = assigned(model, start) {
        return Some(layers);
    }
    let layers = start.offloaded.map_or_else(String::new, |(done, all)| {
        format!("{done} of {all} layers of the model are on a GPU; ")
    });
    let weights: Vec<String> = about("model weights")
        .filter_map(|line| {
            let device = line.field("device").or_else(|| line.field("buffer"))?;
            Some(format!("{} on {device}", line.field("size")?))
        })
        .collect();
    if !weights.is_empty() {
        let whose = if layers.is_empty() {
            "The model's"
        } else {
            "its"
        };
        return Some(format!(
            "{layers}{whose} weights lie so: {}.",
            weights.join(", ")
        ));
    }
    if let Some(counted) = counted(model, start) {
        return Some(counted);
    }
    if about("insufficient VRAM to load any model layers")
        .next()
        .is_some()
    {
        let sums = model.lines_saying("memory").last();
        let cpu_alone = sums.is_some_and(|line| {
            let gpu = |name: &str| {
                ["CUDA", "ROCm", "Vulkan", "Metal"]
                    .iter()
                    .any(|known| name.contains(known))
            };
            !line.fields.keys().any(|name| gpu(name.as_str()))
        });
        let why = if cpu_alone {
            "its sums name the CPU alone, so that it had no GPU to put one on; the start of the log tells why"
        } else {
            "the memory that was free on the GPU was not enough for one"
        };
        return Some(format!(
            "The server put no layer of the model on a GPU (\"insufficient VRAM to load any model layers\"): {why}."
        ));
    }
    let layers = about("load").filter_map(|line| {
        let (_, rest) = line.field("request")?.split_once("GPULayers:")?;
        rest.split('[').next()?.parse::<u32>().ok()
    });
    let layers = layers.last()?;
    Some(format!(
        "The server planned {layers} layers of the model for the GPU; how many came there was not seen."
    ))
}

/// The layers that the process named one by one.
fn assigned(model: &Model, start: &ModelStart) -> Option<String> {
    let placed = &start.placed;
    let chosen = |seen: &Evidence| seen.text.as_str().contains(": using device ");
    let found = !model.devices.is_empty() || start.reasons.iter().any(chosen);
    let why = match (placed.layers_on_gpu, placed.layers_on_cpu) {
        (0, 0) => return None,
        (0, cpu) if found => format!(
            "each of the {cpu} is on the CPU, though a GPU was found: none was asked for on it (num_gpu, -ngl), or nothing fitted"
        ),
        (0, cpu) => format!(
            "each of the {cpu} is on the CPU; why, they do not tell: no GPU was found, the process loaded no GPU backend, or nothing fitted"
        ),
        (gpu, 0) => format!("each of the {gpu} is on a GPU"),
        (gpu, cpu) => format!("{gpu} are on a GPU and {cpu} on the CPU"),
    };
    Some(format!(
        "Of the model's layers that these lines name {why}."
    ))
}

/// How much of it the server counts in the memory of GPUs, as the scheduler says at DEBUG (server/sched.go, 0.7 to 0.24).
fn counted(model: &Model, start: &ModelStart) -> Option<String> {
    let mut lines = model.lines.iter().filter_map(|line| {
        let seen = line.seen.as_ref()?;
        let of_start = start.reasons.contains(seen);
        of_start.then_some((line.field("runner.vram")?, line.field("runner.size")?))
    });
    let (gpu, all) = lines.next()?;
    Some(match gpu {
        "0 B" => format!(
            "The server counts the model wholly on the CPU: 0 B of its {all} are in the memory of a GPU."
        ),
        _ if gpu == all => format!(
            "The server counts the model wholly in the memory of GPUs ({all}). That is its plan; a process that lacks the GPU's backend runs on the CPU all the same."
        ),
        _ => format!(
            "The server counts {gpu} of the model's {all} in the memory of GPUs, the rest on the CPU."
        ),
    })
}

fn unknown(model: &Model, start: &ModelStart) -> Option<Finding> {
    if let Some(planned) = planned(model, start) {
        return Some(
            UNKNOWN
                .found(planned)
                .likely()
                .proof(start.seen.as_ref())
                .proof(&start.reasons)
                .do_all(UNKNOWN.remedy)
                .so("What stands at the start of the log, up to \"inference compute\", tells whether a GPU was found:")
                .so("$ journalctl -u ollama -o cat | vgputrace explain -"),
        );
    }
    if let Some((done, all)) = start.offloaded {
        return Some(
            UNKNOWN
                .found(format!("{done} of {all} layers of the model are on a GPU; why no more, these lines do not tell."))
                .likely()
                .proof(start.seen.as_ref())
                .proof(&start.reasons)
                .so("See what was asked for (num_gpu, -ngl), and what the start of the log says about GPUs:")
                .so("$ ollama ps"),
        );
    }
    let with = if start.dir.is_empty() {
        String::new()
    } else {
        format!(" with {}", start.dir)
    };
    Some(
        UNKNOWN
            .found(format!(
                "The model was started{with}; how many of its layers are on the GPU was not seen."
            ))
            .likely()
            .proof(start.seen.as_ref())
            .do_all(UNKNOWN.remedy),
    )
}
