//! Environment variables: names always, values by an allowlist.

use super::text::{path, text};
use super::{Policy, name};
use crate::event::process::EnvVar;

/// Variables that decide about loading and devices, by the beginning of their names.
const FAMILIES: [&[u8]; 16] = [
    b"LD_",
    b"OLLAMA_",
    b"LLAMA_ARG_",
    b"GGML_",
    b"CUDA_",
    b"NVIDIA_",
    b"HIP_",
    b"ROCR_",
    b"ROCM_",
    b"HSA_",
    b"GPU_",
    b"VK_",
    b"XDG_",
    b"MLX_",
    b"JETSON_",
    b"VGPU_",
];
/// The same by their whole names.
const SINGLE: [&[u8]; 7] = [
    b"GLIBC_TUNABLES",
    b"PATH",
    b"HOME",
    b"PWD",
    b"TMPDIR",
    b"LANG",
    b"GOTRACEBACK",
];
/// Lists of paths: only the user info of a URL is removed from them.
const PATHS: [&[u8]; 5] = [b"PATH", b"HOME", b"PWD", b"TMPDIR", b"GGML_BACKEND_PATH"];

/// One variable as a trace may hold it. A name with KEY, TOKEN, SECRET, PASS, CRED or AUTH in it never has a value.
#[must_use]
pub fn environment(name: &[u8], value: &[u8], policy: Policy) -> EnvVar {
    let stored = !name::is_secret_variable(name) && (policy == Policy::All || is_listed(name));
    let (v, len) = if !stored {
        (None, Some(value.len() as u64))
    } else if name.starts_with(b"LD_") || PATHS.contains(&name) {
        (Some(path(value)), None)
    } else {
        (Some(text(value)), None)
    };
    EnvVar {
        k: text(name),
        v,
        len,
    }
}

fn is_listed(name: &[u8]) -> bool {
    SINGLE.contains(&name) || FAMILIES.iter().any(|family| name.starts_with(family))
}
