//! Processes: fork, exec, exit.

use serde::{Deserialize, Serialize};

use super::{Errno, Hex, Proc, Seen, Text};

/// A child process was made; the event's process is the parent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Fork {
    /// The child.
    pub child: Proc,
    /// Its pid, raw, in the root pid namespace.
    pub pid: u32,
}

/// fork, vfork, clone or clone3 failed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ForkFailed {
    /// Name of the system call.
    pub call: Text,
    /// Why.
    pub err: Errno,
}

/// A new program image. The event's process is the generation that begins here.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Exec {
    /// Pid (tgid), raw, in the root pid namespace.
    pub pid: u32,
    /// The parent, where it is known.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub parent: Option<Proc>,
    /// The file name as it was given to execve, or `/dev/fd/N...`.
    pub file: Seen<Text>,
    /// The file the kernel really runs: absolute in its mount namespace.
    pub exe: Seen<Text>,
    /// Device and inode of that file, `8:1:4711` (major, minor, inode).
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub inode: Option<Text>,
    /// Arguments, screened for secrets.
    pub argv: Seen<Vec<Text>>,
    /// Environment, screened for secrets.
    pub env: Seen<Vec<EnvVar>>,
    /// Working directory, absolute in the mount namespace.
    pub cwd: Seen<Text>,
    /// Real, effective user id.
    pub uid: [u32; 2],
    /// Real, effective group id.
    pub gid: [u32; 2],
    /// AT_SECURE: the loader ignores LD_LIBRARY_PATH and LD_PRELOAD with a slash.
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub secure: bool,
    /// Control group, from /proc; absent when the process was gone.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub cgroup: Option<Text>,
    /// Where the program's own headers say it begins: load address of exe and of its interpreter.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub base: Option<[Hex; 2]>,
    /// PT_INTERP, the dynamic loader; absent for a static program.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub interp: Option<Text>,
    /// A 32-bit program: its system calls and libraries are counted, not decoded.
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub bits32: bool,
    /// Number of its mount namespace (the inode of /proc/PID/ns/mnt), where that is not the recorder's: paths of this process
    /// are paths in there.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub mount_namespace: Option<u32>,
    /// It was running already when the recording began.
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub already: bool,
}

/// One environment variable.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EnvVar {
    /// Name.
    pub k: Text,
    /// Value, if it is on the allowlist.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub v: Option<Text>,
    /// Length of the value in bytes, when the value is withheld.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub len: Option<u64>,
}

/// execve or execveat failed; the old image goes on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ExecFailed {
    /// The file name as given.
    pub file: Seen<Text>,
    /// Why.
    pub err: Errno,
}

/// The last thread of a process ended.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Exit {
    /// Pid (tgid), raw.
    pub pid: u32,
    /// Exit code 0..=255, if it ended by itself.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub code: Option<u8>,
    /// The signal that ended it, by name (`SIGKILL`).
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub signal: Option<Text>,
    /// A core was dumped.
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub core: bool,
}

/// The process made 32-bit system calls, which are not decoded.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Compat {
    /// How many so far.
    pub calls: u64,
}
