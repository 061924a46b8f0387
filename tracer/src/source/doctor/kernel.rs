//! Kernel settings, as /proc/sys and /sys show them.

use std::path::Path;

use crate::event::Text;
use crate::event::doctor::Kernel;
use crate::source::host::{below, line};

/// The settings below `root`; the attempts stay untried.
pub(super) fn read(root: &Path) -> Kernel {
    Kernel {
        btf_size: std::fs::metadata(below(root, "/sys/kernel/btf/vmlinux"))
            .ok()
            .map(|file| file.len()),
        lockdown: line(&below(root, "/sys/kernel/security/lockdown"))
            .and_then(|line| chosen(&line)),
        unprivileged_bpf_disabled: number(root, "/proc/sys/kernel/unprivileged_bpf_disabled"),
        perf_event_paranoid: number(root, "/proc/sys/kernel/perf_event_paranoid"),
        ptrace_scope: number(root, "/proc/sys/kernel/yama/ptrace_scope"),
        bpf_jit_enable: number(root, "/proc/sys/net/core/bpf_jit_enable"),
        ..Kernel::default()
    }
}

fn number(root: &Path, path: &str) -> Option<i64> {
    let line = line(&below(root, path))?;
    std::str::from_utf8(&line).ok()?.parse().ok()
}

/// The word in brackets of `none [integrity] confidentiality`.
fn chosen(line: &[u8]) -> Option<Text> {
    let line = std::str::from_utf8(line).ok()?;
    let (_, rest) = line.split_once('[')?;
    let (word, _) = rest.split_once(']')?;
    Some(Text::from(word))
}
