//! What lines say about the start of a model: the layers on a GPU, those asked for, and why fewer went there.
//!
//! Used for both sources: the lines of a log, and the lines and arguments in a trace.

use std::sync::LazyLock;

use regex::Regex;

/// `offloaded 33/33 layers to GPU` (ggml.go, device.go, llama.cpp's load_tensors).
static OFFLOADED: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"\boffloaded (\d{1,6})/(\d{1,6}) layers to GPU").ok());

/// `--n-gpu-layers 0`, `-ngl 0`.
static LAYERS: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"(?:^| )(?:--n-gpu-layers|--gpu-layers|-ngl) (-?\d{1,6})(?: |$)").ok()
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
    "do load request",
];

/// Layers on a GPU, and layers in all.
pub(super) fn offloaded(text: &str) -> Option<(u32, u32)> {
    let found = OFFLOADED.as_ref()?.captures(text)?;
    let number = |index| found.get(index)?.as_str().parse().ok();
    Some((number(1)?, number(2)?))
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

#[cfg(test)]
mod tests {
    use super::{asked, is_reason, offloaded};

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
