//! What the running kernel offers to a recorder.

use serde::Serialize;

use super::Attempt;
use crate::event::Text;

/// Settings and attempts.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Kernel {
    /// Bytes of `/sys/kernel/btf/vmlinux`, the kernel's type information.
    pub btf_size: Option<u64>,
    /// The type information has every field that the engine reads.
    pub type_information: Attempt,
    /// The engine's maps can be created and its function programs are accepted.
    pub programs: Attempt,
    /// The engine's tracepoint programs are accepted.
    pub tracepoints: Attempt,
    /// A function probe can be set, tried on a file of our own that nobody runs.
    pub function_probe: Attempt,
    /// Opening a file can be held up (fanotify permission events), tried on the same file.
    pub fanotify_hold: Attempt,
    /// `none`, `integrity` or `confidentiality`; nothing where the kernel has no lockdown or does not show it.
    pub lockdown: Option<Text>,
    /// `kernel.unprivileged_bpf_disabled`: 0 no, 1 for ever, 2 until changed.
    pub unprivileged_bpf_disabled: Option<i64>,
    /// `kernel.perf_event_paranoid`.
    pub perf_event_paranoid: Option<i64>,
    /// `kernel.yama.ptrace_scope`; nothing where the kernel has no Yama.
    pub ptrace_scope: Option<i64>,
    /// `net.core.bpf_jit_enable`, which only root may read.
    pub bpf_jit_enable: Option<i64>,
}
