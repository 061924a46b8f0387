//! The first and the last line of a trace: facts about recorder and machine that are gone later.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::process::EnvVar;
use super::{Hex, Text};

/// The first line of every trace.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Header {
    /// Format version, see docs/TRACE_FORMAT.md. Raised only when an old reader would mislead.
    pub vgputrace: u32,
    /// Version of the tool that wrote it.
    pub tool: Text,
    /// `ebpf`, `ptrace`, ...
    pub engine: Text,
    /// Why this engine.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub engine_why: Option<Text>,
    /// Which functions of drivers carried probes: `none`, `discovery`, `all`. A call that is not among them is not in the
    /// trace and may have been made all the same.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub calls: Option<Text>,
    /// Openings of unknown libraries waited for their probes.
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub hold: bool,
    /// The command that was run, screened for secrets.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub command: Vec<Text>,
    /// Not started by the recorder: how it came to what it recorded, such as `pid 4711` or `unit ollama.service`.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub attached: Option<Text>,
    /// The unit whose user, variables and folder the command was started with (`--like-unit`).
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub like_unit: Option<Text>,
    /// Variables set, changed or (no value, no length) unset by the recorder's options.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub changed_env: Vec<EnvVar>,
    /// User id the target started with.
    pub uid: u32,
    /// SUDO_UID, when the tool was started by sudo.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub sudo_uid: Option<u32>,
    /// Clock pair at the beginning.
    pub clock: Clock,
    /// The machine.
    pub host: Host,
}

/// CLOCK_BOOTTIME and CLOCK_REALTIME, read together, in nanoseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Clock {
    /// Since boot; hexadecimal, like the other.
    pub boot: Hex,
    /// Since 1970; hexadecimal, it is above 2^53.
    pub wall: Hex,
}

/// Facts about the machine.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Host {
    /// Kernel release.
    pub kernel: Text,
    /// Architecture.
    pub arch: Text,
    /// Distribution, PRETTY_NAME of os-release.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub os: Option<Text>,
    /// C library and version.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub libc: Option<Text>,
    /// Processors online.
    pub cpus: u32,
    /// Memory in bytes.
    pub memory: u64,
    /// GPUs on the PCI bus (class 03xx).
    #[serde(default)]
    pub gpus: Vec<Gpu>,
    /// GPU device nodes: /dev/nvidia*, /dev/kfd, /dev/dri/*.
    #[serde(default)]
    pub nodes: Vec<Node>,
    /// GPU kernel modules loaded, with version where they tell.
    #[serde(default)]
    pub modules: BTreeMap<String, Option<Text>>,
    /// `NVRM version` line of /proc/driver/nvidia/version.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub nvidia: Option<Text>,
    /// The PCI bus could not be listed, so `gpus` says nothing.
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub pci_unseen: bool,
}

impl Host {
    /// GPUs of such machines are on no PCI bus: a Jetson's is part of its chip, WSL hands the host's in by a device of its own.
    #[must_use]
    pub fn may_have_gpu_off_the_bus(&self) -> bool {
        let kernel = self.kernel.as_str().to_ascii_lowercase();
        !matches!(self.arch.as_str(), "" | "x86_64") || kernel.contains("microsoft")
    }
}

/// What belongs to the root of a mount namespace rather than to the machine: a container has its own. Told with the first
/// program there, and again when another root has taken its place (pivot_root).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RootFacts {
    /// Number of the mount namespace, as the `exec` events of its processes have it.
    pub mount_namespace: u32,
    /// Distribution, PRETTY_NAME of its os-release.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub os: Option<Text>,
    /// C library and version.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub libc: Option<Text>,
    /// GPU device nodes there.
    #[serde(default)]
    pub nodes: Vec<Node>,
}

/// A display or 3D controller on the PCI bus.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gpu {
    /// `0000:00:05.0`.
    pub address: Text,
    /// Vendor and device id, `10de:2331`.
    pub ids: Text,
    /// Class, `0302`.
    pub class: Text,
    /// Bound kernel driver.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub driver: Option<Text>,
}

/// A device node.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Node {
    /// Path.
    pub path: Text,
    /// Permission bits.
    pub mode: u32,
    /// Owner: user and group id.
    pub owner: [u32; 2],
}

/// The orderly end of a recording; a trace without it was cut off.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct End {
    /// Clock pair at the end.
    pub clock: Clock,
    /// Why it ended: `exited`, `interrupted`, `timeout`, `discovery`, `pattern`, `size`, `disk`.
    pub why: Text,
    /// Exit code handed on.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub status: Option<i32>,
    /// Records lost, all causes.
    pub lost: u64,
    /// Functions that carried probes.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub probes: Option<u64>,
    /// Calls of probed functions by processes that were not traced: each paid for a trap and nothing else.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub others: Option<u64>,
}
