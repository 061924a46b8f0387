//! What lines say about the start of a model: the layers on a GPU, those asked for, and why fewer went there.
//!
//! Used for both sources: the lines of a log, and the lines and arguments in a trace.

use std::sync::LazyLock;

use regex::Regex;

use super::model::Placed;

/// `offloaded 33/33 layers to GPU` (ggml.go, device.go, llama.cpp's load_tensors).
static OFFLOADED: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"\boffloaded (\d{1,6})/(\d{1,6}) layers to GPU").ok());

/// `--n-gpu-layers 0`, `-ngl 0`.
static LAYERS: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"(?:^| )(?:--n-gpu-layers|--gpu-layers|-ngl) (-?\d{1,6})(?: |$)").ok()
});

/// `load_tensors: layer  27 assigned to device CUDA0, is_swa = 0` (llama.cpp, at DEBUG).
static ASSIGNED: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"\bload_tensors: layer +\d{1,6} assigned to device ([A-Za-z_]{1,32})\d*").ok()
});

/// `load_tensors:        CUDA0 model buffer size =  4437.80 MiB`; in 2024 `llm_load_tensors:        CPU buffer size =`.
static WEIGHTS: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"load_tensors: +([A-Za-z0-9_]{1,32})(?: model)? buffer size = ").ok()
});

/// Messages that speak for why fewer layers went to a GPU (llm/server.go, llm/memory.go, server/sched.go, discover).
const REASONS: &[&str] = &[
    "gpu memory",
    "unable to refresh free memory",
    "model requires more",
    "insufficient VRAM",
    "gpu has too little memory",
    "not enough vram",
    "model weights",
    "total memory",
    "llama runner process no longer running",
    "llama runner terminated",
    "llama-server terminated",
    "error loading llama server",
    "Load failed",
    "NewLlamaServer failed",
    "do load request",
];

/// What a model's process says of trouble, or the server of it (ggml, llama.cpp, llm/server.go, server/sched.go).
const TROUBLE: &[&str] = &[
    "error loading model",
    "unable to load model",
    "failed to load model",
    "unknown model architecture",
    "Malloc failed",
    "failed to allocate",
    "unable to allocate",
    "failed to commit memory",
    "requires more system memory",
    "CUDA error",
    "was not compiled with any CUDA arch",
    "ROCm error",
    "HIP error",
    "CUBLAS_STATUS",
    "GGML_ASSERT",
    "rocBLAS error",
    "initialize the Metal library",
    "initialize Metal backend",
    "static_assert failed",
    "ErrorOutOfDeviceMemory",
    "ErrorDeviceLost",
    "DeviceLostError",
    "Device memory allocation of size",
    "device memory allocation limit",
    "process has terminated",
    "no longer running",
    "llama runner stopped with error",
    "timed out waiting for llama",
    "model failed to load",
    "unable to create llama context",
    "error while loading shared libraries",
];

/// Words that only the load or the run of a model has, no discovery.
const OF_A_LOAD: &[&str] = &[
    "llama_model_load",
    "load_tensors:",
    "error loading model",
    "unable to load model",
    "failed to load model",
    "unknown model architecture",
    "buffer_type_alloc_buffer",
    "alloc_tensor_range",
    "gallocr_reserve",
    "failed to commit memory",
    "requires more system memory",
    "compute_forward",
    "was not compiled with any CUDA arch",
    "in function ggml_cuda_mul_mat",
    "in function cublas_handle",
    "llama_init_from_model",
    "llama runner process",
    "llama-server process has terminated",
    "timed out waiting for llama",
    "model failed to load",
    "unable to create llama context",
    "error loading llama server",
    "Load failed",
    "NewLlamaServer failed",
    "insufficient VRAM",
    "gpu has too little memory",
    "Device memory allocation of size",
    "ErrorOutOfDeviceMemory",
    "ggml_metal_init: error",
    "llama runner stopped with error",
    "runner terminated\" error=\"exit status",
];

/// Layers on a GPU, and layers in all.
pub(super) fn offloaded(text: &str) -> Option<(u32, u32)> {
    let found = OFFLOADED.as_ref()?.captures(text)?;
    let number = |index| found.get(index)?.as_str().parse().ok();
    Some((number(1)?, number(2)?))
}

/// Adds what the process of a model says of the place of a layer or of weights: whether that is news, and `None` for text
/// about something else.
pub(super) fn place(placed: &mut Placed, text: &str) -> Option<bool> {
    let device = |of: &LazyLock<Option<Regex>>| {
        let found = of.as_ref()?.captures(text)?;
        Some(is_gpu(found.get(1)?.as_str()))
    };
    if let Some(gpu) = device(&ASSIGNED) {
        let layers = if gpu {
            &mut placed.layers_on_gpu
        } else {
            &mut placed.layers_on_cpu
        };
        *layers = layers.saturating_add(1);
        return Some(*layers == 1);
    }
    if device(&WEIGHTS)? {
        placed.weights_on_gpu = true;
    } else {
        placed.weights_on_cpu = true;
    }
    Some(true)
}

/// A device of ggml by its name. `CUDA_Host` and its like are memory of the computer.
fn is_gpu(name: &str) -> bool {
    !name.starts_with("CPU") && !name.contains("_Host") && !name.starts_with("BLAS")
}

/// The layers that a command line asks for.
pub(super) fn asked(command: &str) -> Option<i64> {
    let found = LAYERS.as_ref()?.captures(command)?;
    found.get(1)?.as_str().parse().ok()
}

/// The message speaks for why fewer layers went to a GPU.
pub(super) fn is_reason(message: &str) -> bool {
    REASONS.iter().any(|reason| message.starts_with(reason))
}

/// The text speaks of trouble, of a model if it is of one at all. That hipBLASLt has no kernels is none: rocBLAS is used then.
pub(super) fn is_trouble(text: &str) -> bool {
    TROUBLE.iter().any(|words| text.contains(words))
}

/// The text is of the load or the run of a model, whatever stands around it.
pub(super) fn is_of_a_load(text: &str) -> bool {
    OF_A_LOAD.iter().any(|words| text.contains(words))
}

#[cfg(test)]
mod tests {
    use super::{Placed, asked, is_of_a_load, is_reason, is_trouble, offloaded, place};

    #[test]
    fn words_of_a_load_are_told_from_those_of_a_discovery() {
        let load = "llama_model_load: error loading model: unable to allocate CUDA0 buffer";
        assert!(is_trouble(load) && is_of_a_load(load));
        let any = "CUDA error: out of memory";
        assert!(is_trouble(any) && !is_of_a_load(any));
        let harmless = "rocblaslt error: Could not load /x/TensileLibrary_lazy_gfx1201.dat";
        assert!(!is_trouble(harmless) && !is_of_a_load(harmless));
    }

    #[test]
    fn the_place_of_layers_and_weights_is_read_from_each_line() {
        let mut placed = Placed::default();
        let told: Vec<_> = [
            "load_tensors: layer   0 assigned to device CPU, is_swa = 0",
            "load_tensors: layer   1 assigned to device CPU",
            "0.00.171.343 D load_tensors: layer  30 assigned to device CUDA0",
            "load_tensors:   CPU_Mapped model buffer size =  8566.04 MiB",
            "llm_load_tensors:  CUDA_Host buffer size =   125.19 MiB",
            "load_tensors: offloaded 33/65 layers to GPU",
        ]
        .iter()
        .map(|text| place(&mut placed, text))
        .collect();
        assert_eq!(
            told,
            [
                Some(true),
                Some(false),
                Some(true),
                Some(true),
                Some(true),
                None
            ]
        );
        assert_eq!((placed.layers_on_cpu, placed.layers_on_gpu), (2, 1));
        assert!(placed.weights_on_cpu && !placed.weights_on_gpu && !placed.is_on_cpu_alone());
        place(
            &mut placed,
            "load_tensors:      Vulkan0 model buffer size =  1918.35 MiB",
        );
        assert!(placed.weights_on_gpu);
    }

    #[test]
    fn layers_are_read_from_words_and_from_arguments() {
        let text = "load_tensors: offloaded 20/33 layers to GPU";
        assert_eq!(offloaded(text), Some((20, 33)));
        assert_eq!(offloaded("offloaded 20/33 layers to CPU"), None);
        assert_eq!(offloaded("offloaded 99999999999/33 layers to GPU"), None);
        assert_eq!(asked("/x/llama-server -ngl 0 --port 1"), Some(0));
        assert_eq!(asked("llama-server --n-gpu-layers -1"), Some(-1));
        assert_eq!(asked("llama-server --model /x-ngl 4x"), None);
        assert!(is_reason("gpu memory"));
        assert!(!is_reason("starting runner"));
    }
}
