//! What a recording needs, what there is of it, and what it costs others.

use serde::Serialize;

use crate::event::Text;

/// Limits of this process, and the engine's needs beside them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Limits {
    /// Open files, soft and hard; nothing for unlimited.
    pub open_files: [Option<u64>; 2],
    /// Files that would get probes before the Ollama found here starts; nothing without one.
    pub files_to_probe: Option<u64>,
    /// Bytes of kernel memory that the engine's ring takes.
    pub ring: u64,
    /// Tracepoints that a recording attaches to.
    pub tracepoints: u64,
    /// Memory limit of the control group, in bytes; nothing for none, or none that could be seen.
    pub group_memory: Option<u64>,
    /// Bytes of it in use.
    pub group_memory_used: Option<u64>,
    /// The current folder, where a trace without `-o` goes.
    pub folder: Text,
    /// Bytes free there for this user.
    pub folder_free: Option<u64>,
    /// This process may make files there.
    pub folder_writable: bool,
}

/// The time of one cheap system call (getppid) of a process that is not traced.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Cost {
    /// Nanoseconds without a recorder, median.
    pub bare: u64,
    /// Nanoseconds with the engine's tracepoints attached, median.
    pub attached: u64,
    /// Rounds that the medians are of, each.
    pub rounds: u64,
}

impl Cost {
    /// Nanoseconds that each system call pays.
    #[must_use]
    pub fn added(&self) -> u64 {
        self.attached.saturating_sub(self.bare)
    }
}
