//! A model whose process loaded no GPU backend, though the discovery had found a device.

use crate::discover::Model;
use crate::discover::model::{Child, Evidence, ModelStart};

use super::super::advice;
use super::super::explanation::Finding;
use super::super::rule::{Check, Rule, Stage};
use super::{start_lost, start_memory};

pub(super) static RULES: &[&Rule] = &[&NONE_LOADED];

static NONE_LOADED: Rule = Rule {
    id: "VG168",
    stage: Stage::Model,
    title: "The model's process loaded no GPU backend",
    story: "Until 0.24 the process of a model loads the backends anew, from the library folder beside the program, and says in a line \"system\" which it has. A GPU backend that is missing there, or that the loader refuses in silence, leaves all layers on the CPU, \
whatever the server had planned.",
    proof: "Layers that the process assigned to the CPU though all were planned for a GPU; or the line \"system\" that names the CPU alone, no \"loaded ... backend\" of a GPU, and a device that the server counted with.",
    remedy: &[
        "See whether the GPU's folder is beside the program, and what its backend lacks:",
        "$ ls -lR /usr/local/lib/ollama; ldd /usr/local/lib/ollama/*/libggml-*.so | grep -i 'not found'",
    ],
    rows: &["reports A"],
    check: Check::Start(none_loaded),
};

/// Backends of GPUs, as their names begin in `system` and in `loaded NAME backend`.
const OF_GPUS: [&str; 6] = ["CUDA", "ROCm", "Vulkan", "Metal", "SYCL", "CANN"];

/// Its `system` line, where neither that nor a load names a GPU's backend.
fn without_backend(child: &Child) -> Option<&Evidence> {
    let has = |name: &str| OF_GPUS.iter().any(|known| name.starts_with(known));
    // A log names backends, a trace their files.
    let is_of_gpu = |file: &str| {
        let base = file.rsplit('/').next().unwrap_or_default();
        base.starts_with("libggml-") && !base.starts_with("libggml-cpu")
    };
    let mut registered = child.registered.iter().map(|one| one.text.as_str());
    if registered.any(|name| has(name) || is_of_gpu(name)) {
        return None;
    }
    let system = child
        .said
        .iter()
        .find(|said| said.text.as_str().contains(" msg=system "))?;
    let mut words = system.text.as_str().split(' ');
    (!words.any(has)).then_some(&system.seen)
}

/// The server had planned with a GPU: a device is in its list, or its sums name one. Where that stands. Not when it gave this
/// model to the CPU itself: its process then needs no other backend.
pub(super) fn counted_with_gpu<'a>(
    model: &'a Model,
    start: &'a ModelStart,
) -> Option<Option<&'a Evidence>> {
    let no_room = start_memory::of(model, start).is_some_and(|memory| memory.full);
    if start.dir.as_str() == "cpu" || start.num_gpu == Some(0) || no_room {
        return None;
    }
    if let Some(device) = model.devices.first() {
        return Some(device.seen.as_ref());
    }
    let about = |seen: &Evidence| start.reasons.contains(seen);
    let sum = model.lines.iter().find(|line| {
        line.message.as_str().starts_with("offload")
            && line.seen.as_ref().is_some_and(about)
            && line
                .field("layers.offload")
                .is_some_and(|layers| layers != "0")
    })?;
    Some(sum.seen.as_ref())
}

pub(super) fn is_without_backend(model: &Model, start: &ModelStart) -> bool {
    none_loaded(model, start).is_some()
}

/// Every layer that the process names went to the CPU, and the server had planned all of them for the GPU: it has no device to
/// put one on (llama.cpp takes the CPU then). Where that stands.
fn on_the_cpu(start: &ModelStart) -> Option<&Evidence> {
    let all = start.planned && matches!(start.offloaded, Some((done, all)) if done >= all);
    let named = start.placed.layers_on_cpu > 0 && start.placed.layers_on_gpu == 0;
    let first = |seen: &&Evidence| seen.text.as_str().contains("assigned to device CPU");
    start.reasons.iter().find(first).filter(|_| all && named)
}

fn none_loaded(model: &Model, start: &ModelStart) -> Option<Finding> {
    let child = start.child.and_then(|child| model.children.get(child));
    let planned = counted_with_gpu(model, start)?;
    if start_lost::is_lost(model, start) {
        return None;
    }
    let Some((child, system)) = child.and_then(|child| Some((child, without_backend(child)?)))
    else {
        return Some(
            NONE_LOADED
                .found("The server had planned all layers for a GPU, and the process of the model put each that it names on the CPU: it has no GPU backend, or that has no device.".to_owned())
                .proof([on_the_cpu(start)?])
                .proof(planned)
                .proof(&start.reasons)
                .do_all(NONE_LOADED.remedy),
        );
    };
    let bare = !child
        .registered
        .iter()
        .any(|one| one.text.as_str() == "CPU")
        && !system.text.as_str().contains("SSE");
    let what = if bare {
        "no backend at all, not even one for this processor: its libraries are not where it looks, or of another release"
    } else {
        "the CPU's backend alone; why not the GPU's it does not say"
    };
    let dir = advice::library_dir(model);
    Some(
        NONE_LOADED
            .found(format!(
                "The server counted with a GPU, but the process of the model loaded {what}. So the model is on the CPU."
            ))
            .object(if bare { dir } else { "" })
            .proof([system])
            .proof(child.registered.iter().map(|one| &one.seen))
            .proof(planned)
            .proof(&start.reasons)
            .so("See whether the GPU's folder and backend are beside the program, and what the backend lacks:")
            .so(format!("$ ls -lR {dir}; ldd {dir}/*/libggml-*.so {dir}/libggml-*.so | grep -i 'not found'")),
    )
}
