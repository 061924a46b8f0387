//! What /proc, /sys and os-release say in plain text: kernel, distribution, processors, memory, modules.

use std::collections::BTreeMap;
use std::path::Path;

use super::{below, line, small};
use crate::event::Text;

/// Kernel release, as `uname -r` prints it.
pub(super) fn release(root: &Path) -> Text {
    line(&below(root, "/proc/sys/kernel/osrelease"))
        .map(|release| Text::from_bytes(&release))
        .unwrap_or_default()
}

/// PRETTY_NAME of os-release, without its quotes.
pub(super) fn distribution(root: &Path) -> Option<Text> {
    let bytes = ["/etc/os-release", "/usr/lib/os-release"]
        .iter()
        .find_map(|path| small(&below(root, path)))?;
    let value = bytes
        .split(|byte| *byte == b'\n')
        .find_map(|line| line.strip_prefix(b"PRETTY_NAME="))?
        .trim_ascii();
    let value = match value {
        [b'"', inner @ .., b'"'] | [b'\'', inner @ .., b'\''] => inner,
        bare => bare,
    };
    (!value.is_empty()).then(|| Text::from_bytes(value))
}

/// Processors online, from a list such as `0-3,8`. 0 when it cannot be read.
pub(super) fn processors(root: &Path) -> u32 {
    let Some(list) = line(&below(root, "/sys/devices/system/cpu/online")) else {
        return 0;
    };
    list.split(|byte| *byte == b',')
        .filter_map(|part| std::str::from_utf8(part).ok())
        .filter_map(|part| {
            let (first, last) = part.split_once('-').unwrap_or((part, part));
            let (first, last) = (first.parse::<u32>().ok()?, last.parse::<u32>().ok()?);
            last.checked_sub(first)?.checked_add(1)
        })
        .fold(0, u32::saturating_add)
}

/// Memory in bytes, `MemTotal` of /proc/meminfo. 0 when it cannot be read.
pub(super) fn memory(root: &Path) -> u64 {
    let Some(bytes) = small(&below(root, "/proc/meminfo")) else {
        return 0;
    };
    bytes
        .split(|byte| *byte == b'\n')
        .find_map(|line| line.strip_prefix(b"MemTotal:"))
        .and_then(|rest| std::str::from_utf8(rest).ok())
        .and_then(|rest| rest.trim().strip_suffix("kB")?.trim().parse::<u64>().ok())
        .map_or(0, |kibibytes| kibibytes.saturating_mul(1024))
}

/// GPU kernel modules loaded, with the version where the module tells one.
pub(super) fn modules(root: &Path) -> BTreeMap<String, Option<Text>> {
    let Some(bytes) = small(&below(root, "/proc/modules")) else {
        return BTreeMap::new();
    };
    bytes
        .split(|byte| *byte == b'\n')
        .filter_map(|line| line.split(|byte| *byte == b' ').next())
        .filter_map(|name| std::str::from_utf8(name).ok())
        .filter(|name| is_gpu_module(name))
        .map(|name| {
            let version = line(&below(root, &format!("/sys/module/{name}/version")));
            let version = version.map(|version| Text::from_bytes(&version));
            (name.to_owned(), version)
        })
        .collect()
}

/// A name goes into a path, so only letters, digits, `_` and `-` pass.
fn is_gpu_module(name: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
    let known = matches!(name, "nouveau" | "amdgpu" | "i915" | "xe");
    (known || name.starts_with("nvidia") || name.starts_with("vgpu")) && name.bytes().all(plain)
}

/// The `NVRM version` line of NVIDIA's kernel driver.
pub(super) fn nvidia(root: &Path) -> Option<Text> {
    let bytes = small(&below(root, "/proc/driver/nvidia/version"))?;
    bytes
        .split(|byte| *byte == b'\n')
        .find(|line| line.starts_with(b"NVRM version"))
        .map(|line| Text::from_bytes(line.trim_ascii()))
}
