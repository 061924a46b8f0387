//! The format of a layout file.
//!
//! Paths are relative to the root of the copied tree (`bin/ollama`, `lib/ollama/...`). In values of variables and in
//! facts `{root}` is that root. File and variable names say nothing about the fault: a traced process must not see
//! which test it is in.

mod expect;

pub use expect::{
    Called, End, Expect, Judged, Lacks, Load, Mapped, Nobody, Opened, Raised, Said, Told,
};

use std::collections::BTreeMap;

use serde::Deserialize;

pub use crate::standin::Era;

/// A layout.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Layout {
    /// What it shows, in one line.
    pub title: String,
    /// The eras it is for.
    pub eras: Vec<Era>,
    /// Rows of the tables of docs/DIAGNOSES.md that it shows: `runner 5`. None for a layout of something that works.
    #[serde(default)]
    pub rows: Vec<String>,
    /// It needs a real Ollama's whole time limit under a real Ollama: run there only when `VGPUTRACE_SLOW` is set.
    #[serde(default)]
    pub slow: bool,
    /// It is for the stand-in only, and why.
    #[serde(default)]
    pub not_real: Option<String>,
    /// Files, links and folders, in order.
    #[serde(default)]
    pub put: Vec<Put>,
    /// Mounts, seen by recorder and server only.
    #[serde(default)]
    pub mount: Vec<Mount>,
    /// How the server is started.
    #[serde(default)]
    pub server: Start,
    /// What the recording must say.
    #[serde(default)]
    pub expect: Expect,
}

/// Something to put below the root. Exactly one of `source`, `npm`, `tier`, `packed`, `link`, `text`, `folder`, `own`, `from`, `gone`; none
/// of them changes the mode of what is there.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Put {
    /// Where.
    pub at: String,
    /// A C or C++ file below `tests`, made into a shared library.
    #[serde(default)]
    pub source: Option<String>,
    /// Macros for it: `NAME=VALUE`; `{release}` is the shape of a device that the server knows (see `server`).
    #[serde(default)]
    pub define: Vec<String>,
    /// Its SONAME.
    #[serde(default)]
    pub soname: Option<String>,
    /// The version node that all its functions get.
    #[serde(default)]
    pub version: Option<String>,
    /// Libraries it needs. They are made for the linker only; what is there in the end, other entries put there.
    #[serde(default)]
    pub needs: Vec<Need>,
    /// A file of a prebuilt package: `cuda/libggml-cuda.so`.
    #[serde(default)]
    pub npm: Option<String>,
    /// A library of the shim, as it is built: `cuda`, or one of its runtime, `cudart`, `cublas` or `cublasLt`, whose series is that of
    /// the name.
    #[serde(default)]
    pub tier: Option<String>,
    /// A file below `tests`, compressed with zstd.
    #[serde(default)]
    pub packed: Option<String>,
    /// A symbolic link to this.
    #[serde(default)]
    pub link: Option<String>,
    /// A file with this content.
    #[serde(default)]
    pub text: Option<String>,
    /// A folder.
    #[serde(default)]
    pub folder: bool,
    /// What is there, as a copy of its own: it is a hard link to the server's own file before.
    #[serde(default)]
    pub own: bool,
    /// What lies there, below the root too, is moved here.
    #[serde(default)]
    pub from: Option<String>,
    /// Nothing: what is there is taken away, a folder with all that is in it.
    #[serde(default)]
    pub gone: bool,
    /// Keep the first bytes only.
    #[serde(default)]
    pub cut: Option<u64>,
    /// Bytes to write over the file's: offset and bytes.
    #[serde(default)]
    pub overwrite: Vec<(u64, Vec<u8>)>,
    /// Permission bits.
    #[serde(default)]
    pub mode: Option<u32>,
}

/// A library that another is linked with.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Need {
    /// Its SONAME.
    pub soname: String,
    /// Its source below `tests`; one with nothing of use when absent.
    #[serde(default)]
    pub source: Option<String>,
    /// The version node of its functions.
    #[serde(default)]
    pub version: Option<String>,
}

/// A folder that is mounted onto itself with other options, or onto another.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mount {
    /// The folder.
    pub at: String,
    /// `noexec`, `ro`, ...; `rw` for none.
    pub options: String,
    /// The folder of this machine that it covers, by its whole path; itself when absent.
    #[serde(default)]
    pub over: Option<String>,
}

/// How the server is started.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Start {
    /// Further options of `vgputrace run`.
    #[serde(default)]
    pub options: Vec<String>,
    /// Variables beside the usual ones.
    #[serde(default)]
    pub env: BTreeMap<String, String>,
    /// The user it runs as, for layouts of permissions: root sees none.
    #[serde(default)]
    pub user: Option<String>,
    /// Its working directory; `/` when absent, as under systemd.
    #[serde(default)]
    pub cwd: Option<String>,
    /// What a shell does in its place first; it ends in `exec "$@"`, which is the server. `{root}` is the root.
    #[serde(default)]
    pub script: Option<String>,
    /// Programs that the script needs; it runs as root then.
    #[serde(default)]
    pub tools: Vec<String>,
    /// The recording ends at a line of the server's that fits this pattern; at the end of the discovery when absent.
    #[serde(default)]
    pub until: Option<String>,
    /// Resource limits, by the long options of prlimit(1): `nofile = 64`.
    #[serde(default)]
    pub limits: BTreeMap<String, u64>,
}
