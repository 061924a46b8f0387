//! What a process may do, as /proc/self/status tells it (proc_pid_status(5), capabilities(7)).

use serde::Serialize;

use crate::event::{Hex, Text};

/// Rights of this process and of its program file.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Rights {
    /// Effective user id.
    pub uid: u32,
    /// Effective capabilities, one bit each.
    pub effective: Hex,
    /// Capabilities that this process and its children can ever get.
    pub bounding: Hex,
    /// Programs started from here gain no rights (`NoNewPrivs`): neither sudo nor file capabilities work.
    pub no_new_privileges: bool,
    /// Rights hold in a user namespace only, not for the kernel as a whole.
    pub user_namespace: bool,
    /// This program's file.
    pub program: Option<Text>,
    /// The file carries capabilities (`setcap`).
    pub file_capabilities: bool,
    /// It stands on a file system mounted `nosuid`, where they do not count.
    pub nosuid: bool,
}

/// Capabilities that matter here, by their numbers in include/uapi/linux/capability.h.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Capability {
    /// Changes its group ids.
    SetGid = 6,
    /// Changes its user ids.
    SetUid = 7,
    /// Looks into processes of others.
    SysPtrace = 19,
    /// All administration; contains the next two.
    SysAdmin = 21,
    /// Reads kernel memory in programs, attaches probes.
    Perfmon = 38,
    /// Loads BPF programs.
    Bpf = 39,
}

/// How much of a recorder a process can be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Grade {
    /// Records, and starts programs as other users.
    Full,
    /// CAP_BPF and CAP_PERFMON: records its own commands.
    Recording,
    /// Reads traces.
    None,
}

impl Rights {
    /// True when this process has the capability.
    #[must_use]
    pub fn has(&self, capability: Capability) -> bool {
        self.effective.0 >> (capability as u8) & 1 == 1
    }

    /// What the capabilities amount to.
    #[must_use]
    pub fn grade(&self) -> Grade {
        let admin = self.has(Capability::SysAdmin);
        let records = admin || (self.has(Capability::Bpf) && self.has(Capability::Perfmon));
        let changes = self.has(Capability::SetUid) && self.has(Capability::SetGid);
        match (records && !self.user_namespace, changes) {
            (true, true) => Grade::Full,
            (true, false) => Grade::Recording,
            (false, _) => Grade::None,
        }
    }
}
