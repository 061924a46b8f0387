//! Starts of models: on which device, how many layers, and why fewer.

use crate::discover::Model;
use crate::discover::model::{Child, End, Evidence, ModelStart};
use crate::event::Text;

use super::super::advice::RESTART;
use super::super::explanation::Finding;
use super::super::rule::{Check, Rule, Stage};
use super::crash::FATAL;
use super::last_words::cuda_error;
use super::{device_code, start_backend, start_failed, start_load, start_lost, start_memory};

pub(super) static RULES: &[&Rule] = &[
    &CRASHED,
    &CPU_DISCOVERY,
    &ASKED_FOR,
    &STALE,
    &NO_FIT,
    &ON_GPU,
];

fn child<'a>(model: &'a Model, start: &ModelStart) -> Option<&'a Child> {
    model.children.get(start.child?)
}

/// Layers in words.
fn layers(start: &ModelStart) -> String {
    start.offloaded.map_or_else(String::new, |(done, all)| {
        format!(" ({done} of {all} layers on the GPU)")
    })
}

fn on_cpu(start: &ModelStart) -> bool {
    start.dir.as_str() == "cpu" || matches!(start.offloaded, Some((0, _)))
}

fn partly(start: &ModelStart) -> bool {
    matches!(start.offloaded, Some((done, all)) if done < all)
}

/// Where its layers are is no question of memory.
fn elsewhere(model: &Model, start: &ModelStart) -> bool {
    start_lost::is_lost(model, start)
        || start_failed::is_failed(model, start)
        || start_backend::is_without_backend(model, start)
        || start_load::is_refused(model, start)
}

static CRASHED: Rule = Rule {
    id: "VG160",
    stage: Stage::Model,
    title: "The model's process died",
    story: "A model has a process of its own. Its crash is an HTTP error for the client and an ERROR line; a GPU that was found says nothing about it.",
    proof: "The signal or exit code of the process, and its last words.",
    remedy: &[
        "Its last words name what failed. A recording with all calls of the driver names the call and the kernel that was launched:",
        "$ sudo vgputrace run --calls all -- ollama serve",
    ],
    rows: &[],
    check: Check::Start(crashed),
};

pub(super) fn crashed(model: &Model, start: &ModelStart) -> Option<Finding> {
    let child = child(model, start)?;
    let what = match &child.end {
        // It runs, or ended as it should: a fault that it met was survived.
        End::Unknown | End::Exit(0, _) | End::KilledByServer { .. } if child.process.is_some() => {
            return None;
        }
        _ if !child.crashes.is_empty() => child
            .crashes
            .first()
            .map(|crash| crash.signal.as_str().to_owned())?,
        End::OutOfMemory(_) => "lack of memory".to_owned(),
        End::Exit(code, _) if *code != 0 => format!("exit code {code}"),
        End::Signal { name, by: None, .. } if FATAL.contains(&name.as_str()) => {
            name.as_str().to_owned()
        }
        _ => return None,
    };
    let mut words: Vec<&Evidence> = child
        .said
        .iter()
        .filter(|said| {
            ["error", "CUDA error", "GGML_ASSERT", "out of memory"]
                .iter()
                .any(|word| said.text.as_str().contains(word))
        })
        .map(|said| &said.seen)
        .collect();
    // ggml says where it was first, and then what was wrong (ggml-cuda.cu, ggml_cuda_error).
    words.sort_by_key(|line| !line.text.as_str().starts_with("CUDA error: "));
    let refused = device_code::refused(child);
    let said = match (refused, words.first()) {
        (Some(call), _) => format!(
            ": {} refused the backend's device code ({})",
            call.function, call.result
        ),
        (None, Some(line)) => cuda_error(child).map_or_else(
            || format!(": {}", line.text.as_str().trim()),
            |(words, _)| format!(": {words}"),
        ),
        (None, None) => String::new(),
    };
    let refused = refused.map(|call| Evidence {
        at: model.at(call.seq),
        text: Text::from(format!("{} = {}", call.function, call.result)),
    });
    Some(
        CRASHED
            .found(format!("The process of the model ended with {what}{said}."))
            .proof(start.seen.as_ref())
            .proof(child.crashes.iter().map(|crash| &crash.seen))
            .proof(&refused)
            .proof(words)
            .do_all(CRASHED.remedy),
    )
}

static CPU_DISCOVERY: Rule = Rule {
    id: "VG161",
    stage: Stage::Model,
    title: "The discovery found no GPU, so the model runs on the CPU",
    story: "Ollama looks for GPUs once. After a discovery without one, no backend is tried again, neither by time nor by the start of a model.",
    proof: "The final list with the CPU alone, before the start of the model.",
    remedy: &[
        "Mend the backend (see its own paragraph), then restart Ollama:",
        RESTART,
    ],
    rows: &["runner 53", "stack 48"],
    check: Check::Start(cpu_discovery),
};

fn cpu_discovery(model: &Model, start: &ModelStart) -> Option<Finding> {
    let cpu = model
        .cpu_only
        .as_ref()
        .filter(|_| model.devices.is_empty())?;
    let finding = CPU_DISCOVERY
        .found(
            "The model runs on the CPU, because the discovery at the start of Ollama found no GPU."
                .to_owned(),
        )
        .proof([cpu])
        .proof(start.seen.as_ref());
    let tried = model
        .attempts
        .iter()
        .any(|attempt| !matches!(attempt.dir.as_str(), "" | "cpu"));
    Some(if tried {
        finding.do_all(CPU_DISCOVERY.remedy)
    } else {
        finding
            .so("No backend was there to be tried. A backend, driver or card that is added now is found at the next start of Ollama:")
            .so(RESTART)
    })
}

static ASKED_FOR: Rule = Rule {
    id: "VG162",
    stage: Stage::Model,
    title: "The request asked for fewer layers on the GPU",
    story: "num_gpu in a request, a Modelfile or an application limits the layers on the GPU; 0 means the CPU. OLLAMA_NUM_GPU is no variable of Ollama.",
    proof: "num_gpu in the start of the model.",
    remedy: &[
        "Leave num_gpu out of the request or Modelfile.",
        "$ ollama show --modelfile MODEL | grep num_gpu",
    ],
    rows: &["runner 54", "stack 48"],
    check: Check::Start(asked_for),
};

fn asked_for(model: &Model, start: &ModelStart) -> Option<Finding> {
    let asked = start.num_gpu.filter(|asked| *asked >= 0)?;
    let all = start.offloaded.map(|(_, all)| i64::from(all));
    let limits = asked == 0 || all.is_some_and(|all| asked < all);
    // With fewer than that on it, it is not the request that set the limit.
    let fewer = start
        .offloaded
        .is_some_and(|(done, _)| i64::from(done) < asked);
    if !limits || fewer || model.devices.is_empty() {
        return None;
    }
    Some(
        ASKED_FOR
            .found(format!(
                "The model was started with num_gpu={asked}{}.",
                layers(start)
            ))
            .object("num_gpu")
            .proof(start.seen.as_ref())
            .proof(&start.reasons)
            .do_all(ASKED_FOR.remedy),
    )
}

static STALE: Rule = Rule {
    id: "VG163",
    stage: Stage::Model,
    title: "The free memory could not be asked anew",
    story: "Before a model is loaded the server asks for free memory, within 3 seconds. When that fails it uses old numbers and says \"unable to refresh free memory, using old values\". The device stays.",
    proof: "The server's line before the start.",
    remedy: &[
        "A driver that needs seconds to start: let it stay initialised.",
        "$ sudo nvidia-smi -pm 1",
    ],
    rows: &["runner 52", "stack 49"],
    check: Check::Start(stale),
};

fn stale(model: &Model, start: &ModelStart) -> Option<Finding> {
    if !(on_cpu(start) || partly(start)) || elsewhere(model, start) {
        return None;
    }
    let line = model.lines.iter().find(|line| {
        let message = line.message.as_str();
        message.starts_with("unable to refresh free memory") && start_memory::is_of(start, line)
    })?;
    let numbers = start_memory::of(model, start);
    let old = numbers.as_ref().map_or("", |memory| memory.words.as_str());
    Some(
        STALE
            .found(format!(
                "The server could not ask for the free memory in time and used old numbers{}.{old}",
                layers(start)
            ))
            .likely()
            .proof(line.seen.as_ref())
            .proof(
                numbers
                    .iter()
                    .flat_map(|memory| memory.seen.iter().copied()),
            )
            .proof(&start.reasons)
            .do_all(STALE.remedy),
    )
}

static NO_FIT: Rule = Rule {
    id: "VG164",
    stage: Stage::Model,
    title: "The model does not fit into the free memory of the GPU",
    story: "The server puts as many layers on the GPU as fit with context and overhead; with less than about half a GiB free, none. Other programs' memory counts.",
    proof: "Fewer layers offloaded than there are, and the lines with the numbers.",
    remedy: &[
        "Free memory of the card, or take a smaller model, quantisation or context:",
        "$ nvidia-smi; ollama ps",
    ],
    rows: &["runner 54"],
    check: Check::Start(no_fit),
};

fn no_fit(model: &Model, start: &ModelStart) -> Option<Finding> {
    let numbers = start_memory::of(model, start);
    // A layer on it, or the server's sums, show that there is a GPU.
    let on_gpu = matches!(start.offloaded, Some((done, _)) if done > 0);
    if (model.devices.is_empty() && !on_gpu && numbers.is_none()) || elsewhere(model, start) {
        return None;
    }
    let none = start.offloaded.is_none() && numbers.as_ref().is_some_and(|memory| memory.full);
    if !partly(start) && !none {
        return None;
    }
    let free = numbers.as_ref().map_or("", |memory| memory.words.as_str());
    // With room for layers none at all can have another reason.
    let full = numbers.as_ref().is_some_and(|memory| memory.full);
    let told = match start.offloaded {
        Some((done, all)) => {
            let asked = start
                .num_gpu
                .filter(|asked| (i64::from(done) + 1..i64::from(all)).contains(asked));
            let asked =
                asked.map_or_else(String::new, |asked| format!(" ({asked} were asked for)"));
            format!(
                "{done} of {all} layers of the model are on the GPU{asked}; for the others its free memory was not enough.{free}"
            )
        }
        None => format!("No layer of the model fits into the free memory of the GPU.{free}"),
    };
    Some(
        NO_FIT
            .found(told)
            .certain_if(numbers.is_some() && (on_gpu || full))
            .proof(
                numbers
                    .iter()
                    .flat_map(|memory| memory.seen.iter().copied()),
            )
            .proof(start.seen.as_ref())
            .proof(&start.reasons)
            .do_all(NO_FIT.remedy),
    )
}

static ON_GPU: Rule = Rule {
    id: "VG165",
    stage: Stage::Model,
    title: "The model runs on the GPU",
    story: "All layers are on the GPU. Nothing is to be done.",
    proof: "offloaded N/N layers to GPU; where the server's plan alone is known, it is likely.",
    remedy: &["Nothing is to be done."],
    rows: &[],
    check: Check::Start(on_gpu),
};

fn on_gpu(model: &Model, start: &ModelStart) -> Option<Finding> {
    let (done, all) = start
        .offloaded
        .filter(|(done, all)| done >= all && *all > 0)?;
    let on_cpu = start.planned && start.placed.is_on_cpu_alone();
    if start.placed.layers_on_cpu > 0 || on_cpu || start_lost::is_lost(model, start) {
        return None;
    }
    if start.planned && !start.placed.weights_on_gpu && start.placed.layers_on_gpu == 0 {
        return Some(
            ON_GPU
                .found(format!("The server planned all {done} of {all} layers of the model for the GPU{}; what its process did with them, these lines do not tell.", place(start)))
                .likely()
                .proof(start.seen.as_ref())
                .proof(&start.reasons)
                .so("See where it is now:")
                .so("$ ollama ps; nvidia-smi"),
        );
    }
    Some(
        ON_GPU
            .found(format!(
                "All {done} of {all} layers of the model are on the GPU{}.",
                place(start)
            ))
            .proof(start.seen.as_ref())
            .proof(&start.reasons),
    )
}

fn place(start: &ModelStart) -> String {
    if start.dir.is_empty() {
        String::new()
    } else {
        format!(", through {}", start.dir)
    }
}
