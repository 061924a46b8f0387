//! Which lines matter to a discovery or to a model start. The others are not kept.

use std::sync::LazyLock;

use regex::bytes::Regex;

use crate::discover::model::{Level, Line};
use crate::discover::slog::Record;
use crate::event::Text;

/// Raw text that tells something: words of ggml, the loader, drivers, the Go runtime, the kernel.
static TELLING: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(concat!(
        r"(?-u)load_backend:|ggml_backend_load|ggml_cuda_init|ggml_cuda_device|ggml_backend_cuda|ggml_vulkan|ggml_hip",
        r"|cuInit|cuDevice|cudaGet|cudaSet|nvml|NVML|CUDA|ROCm|[rR]ocBLAS|[rR]ocblas|Tensile|libcuda|HSA|kfd|/dev/nvidia|NvRm",
        r"|error while loading shared libraries|symbol lookup error|ld\.so|undefined symbol|shared object",
        r"|SIG(?:SEGV|ABRT|BUS|ILL|FPE)|^PC=0x|GGML_ASSERT|^Error:|^panic:|^fatal error:| err: | init failure",
        r"|no backends are loaded|no CPU backend found|no usable GPU|offloaded |Available devices| MiB free\)|^  \(none\)",
        r"|compute capability|system_info:|out of memory|kernel image|no kernel image|NVRM|Xid",
        r"|Main process exited|oom-kill|Out of memory|unresolvable CDI|posix_stat|search path ",
        r"|llama_model_load:|error loading model|unable to load model|failed to load model|unknown model architecture|buffer size = |assigned to device",
        r"|ggml_metal|Metal|static_assert|ErrorOutOfDevice|DeviceLost|ErrorDeviceLost|CUBLAS_STATUS|compute_forward|Malloc failed",
        r"|llama runner process|llama-server process|model failed to load|unable to create llama context|unable to allocate",
        r"|failed to get device context|not compiled with GPU offload|--list-devices failed|",
        r"device memory allocation|Device memory allocation|in function ",
        r"|failed to allocate|ggml_nvml|model requires more system memory|permission denied|Permission denied",
    ))
    .ok()
});

/// Files of Ollama whose lines are about discovery (`source=`), all eras.
const SOURCES: &[&str] = &[
    "runner.go",
    "llama_server.go",
    "native_probe.go",
    "native_probe_linux.go",
    "native_probe_windows.go",
    "native_probe_platform.go",
    "llama_binary.go",
    "cuda_compat.go",
    "cuda_common.go",
    "amd.go",
    "vulkan.go",
    "gpu.go",
    "gpu_linux.go",
    "gpu_windows.go",
    "gpu_darwin.go",
    "gpu_oneapi.go",
    "amd_linux.go",
    "amd_windows.go",
    "amd_common.go",
    "amd_hip_windows.go",
    "types.go",
    "payload.go",
    "payload_common.go",
    "payload_linux.go",
    "payload_windows.go",
    "path.go",
    "device.go",
    "memory.go",
    "server.go",
    "llm.go",
    "status.go",
    "ext_server.go",
    "dyn_ext_server.go",
    "llama.go",
];

/// Messages of other files that matter.
const MESSAGES: &[&str] = &[
    "server config",
    "Listening on ",
    "vram-based default context",
    "entering low vram mode",
    "Dynamic LLM libraries",
    "ggml backend load all from path",
    "skipping path which is not part of ollama",
    "OLLAMA_LIBRARY_PATH not set",
    "offload",
    "refreshing free memory",
    "unable to refresh",
    "loading library",
    "gpu memory",
    "loading model",
    "updated VRAM",
    "new model",
    "NVIDIA driver too old",
    "dropping ",
    "Load failed",
    "NewLlamaServer failed",
    "insufficient VRAM",
    "failed to initialize ggml backend",
];

/// Messages of the files above that a runner repeats for every key of a model.
const NOISE: &[&str] = &[
    "key with type not found",
    "general.architecture",
    "tokenizer.ggml.model",
    "waiting for ",
];

/// Messages of a runner's own log, which the server passes on.
const RUNNER: &[&str] = &[
    "starting ollama engine",
    "starting go runner",
    "Server listening on",
    "dummy model load took",
    "gathering device infos took",
    "ggml backend load all from path",
    "skipping path which is not part of ollama",
    "OLLAMA_LIBRARY_PATH not set",
    "failed to initialize ggml backend device",
];

/// Whether raw text tells something.
pub(super) fn is_telling(line: &[u8]) -> bool {
    TELLING
        .as_ref()
        .is_none_or(|telling| telling.is_match(line))
}

/// Whether a line of slog matters.
pub(super) fn matters(record: &Record) -> bool {
    let message = record.message.as_str();
    if NOISE.iter().any(|noise| message.starts_with(noise)) {
        return false;
    }
    let source = record.source.as_ref().map_or("", |source| {
        source.as_str().split(':').next().unwrap_or_default()
    });
    let file = source.rsplit('/').next().unwrap_or_default();
    SOURCES.contains(&file)
        || record.level >= Level::Warn
        || MESSAGES.iter().any(|known| message.starts_with(known))
        || message == "inference compute"
        || record.fields.contains_key(&Text::from("runner.vram"))
        || (file == "ggml.go" && message == "system")
        || is_telling(message.as_bytes())
}

/// Whether a runner wrote it, not the server.
pub(super) fn is_of_a_child(line: &Line) -> bool {
    let message = line.message.as_str();
    let source = line.source.as_ref().map_or("", |source| source.as_str());
    RUNNER.iter().any(|known| message.starts_with(known))
        || (source.starts_with("ggml.go:") && matches!(message, "system" | ""))
}

#[cfg(test)]
mod tests {
    use super::{is_telling, matters};
    use crate::discover::slog::parse;

    #[test]
    fn patterns_are_whole_and_tell_noise_from_words() {
        assert!(super::TELLING.is_some());
        assert!(is_telling(b"load_backend: failed to load x"));
        assert!(!is_telling(b"[GIN] 2026/11/21 - 07:21:58 | 200 |"));
        assert!(!is_telling(
            b"llama_model_loader: - kv   0: general.name str"
        ));
    }

    #[test]
    fn lines_of_discovery_matter_and_those_of_requests_do_not() {
        for (line, matter) in [
            (
                "level=INFO source=runner.go:67 msg=\"discovering available GPUs...\"",
                true,
            ),
            ("level=WARN source=sched.go:1 msg=x", true),
            (
                "level=INFO source=ggml.go:104 msg=system CPU.0.LLAMAFILE=1",
                true,
            ),
            (
                "level=DEBUG source=ggml.go:300 msg=\"key with type not found\" key=a",
                false,
            ),
            (
                "level=INFO source=images.go:473 msg=\"total blobs: 0\"",
                false,
            ),
            (
                "level=DEBUG source=cache.go:104 msg=\"loading cache slot\" id=0",
                false,
            ),
        ] {
            assert_eq!(matters(&parse(line.as_bytes()).unwrap()), matter, "{line}");
        }
    }
}
