//! The format of a layout file.
//!
//! Paths are relative to the root of the copied tree (`bin/ollama`, `lib/ollama/...`). In values of variables and in
//! facts `{root}` is that root. File and variable names say nothing about the fault: a traced process must not see
//! which test it is in.

use std::collections::BTreeMap;

use serde::Deserialize;

/// How an Ollama finds its devices.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Era {
    /// 0.12 to 0.24: one runner per folder, asked over loopback.
    Runner,
    /// From 0.30 on: llama-server twice and a native probe per folder.
    LlamaServer,
}

/// A layout.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Layout {
    /// What it shows, in one line.
    pub title: String,
    /// The eras it is for.
    pub eras: Vec<Era>,
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

/// Something to put below the root. Exactly one of `source`, `npm`, `link`, `text`, `folder`; none of them changes the
/// mode of what is there.
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
    /// A symbolic link to this.
    #[serde(default)]
    pub link: Option<String>,
    /// A file with this content.
    #[serde(default)]
    pub text: Option<String>,
    /// A folder.
    #[serde(default)]
    pub folder: bool,
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

/// A folder that is mounted onto itself with other options.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mount {
    /// The folder.
    pub at: String,
    /// `noexec`, `ro`, ...
    pub options: String,
}

/// How the server is started.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Start {
    /// Variables beside the usual ones.
    #[serde(default)]
    pub env: BTreeMap<String, String>,
    /// The user it runs as, for layouts of permissions: root sees none.
    #[serde(default)]
    pub user: Option<String>,
    /// Its working directory; `/` when absent, as under systemd.
    #[serde(default)]
    pub cwd: Option<String>,
    /// Resource limits, by the long options of prlimit(1): `nofile = 64`.
    #[serde(default)]
    pub limits: BTreeMap<String, u64>,
}

/// The facts. `by`, `of`, `to` name processes by role (see `roles`); a fact about a role of the other era is left out.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Expect {
    /// dlopen calls.
    #[serde(default)]
    pub load: Vec<Load>,
    /// How processes ended.
    #[serde(default)]
    pub end: Vec<End>,
    /// Signals raised by a fault.
    #[serde(default)]
    pub signal: Vec<Raised>,
    /// Roles that no process has.
    #[serde(default)]
    pub none: Vec<Nobody>,
    /// Calls of traced functions.
    #[serde(default)]
    pub call: Vec<Called>,
    /// Opens.
    #[serde(default)]
    pub open: Vec<Opened>,
    /// Executable mappings.
    #[serde(default)]
    pub map: Vec<Mapped>,
    /// Words written to standard output or error.
    #[serde(default)]
    pub said: Vec<Said>,
    /// What a failed load lacked, all at once.
    #[serde(default)]
    pub lacks: Vec<Lacks>,
}

/// Every process of the role called dlopen for the file.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Load {
    /// Who.
    pub by: Vec<String>,
    /// The end of the path that was asked for.
    pub file: String,
    /// The loader's sentence holds this; without it the load succeeded.
    #[serde(default)]
    pub error: Option<String>,
    /// The call never came back.
    #[serde(default)]
    pub unfinished: bool,
    /// Nobody of the role did it at all.
    #[serde(default)]
    pub never: bool,
}

/// Every process of the role ended so.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct End {
    /// Who.
    pub of: Vec<String>,
    /// `exit N`, `SIGSEGV`, `SIGKILL by server`; several with ` or ` between them where two processes race.
    pub how: String,
}

/// Every process of the role got this signal from the kernel.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Raised {
    /// Who.
    pub to: Vec<String>,
    /// `SIGSEGV`.
    pub name: String,
    /// End of the path of the object it happened in.
    pub at: String,
    /// The nearest symbol.
    #[serde(default)]
    pub symbol: Option<String>,
}

/// No process has this role.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Nobody {
    /// The role; `child[DIR]` means all roles of a discovery child.
    pub role: Vec<String>,
}

/// Every process of the role called a function.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Called {
    /// Who.
    pub by: Vec<String>,
    /// The function.
    #[serde(rename = "fn")]
    pub function: String,
    /// End of the path of the object that provides it.
    #[serde(default)]
    pub of: Option<String>,
    /// End of its first string.
    #[serde(default)]
    pub about: Option<String>,
    /// `NULL`, `something`, `unfinished`, `never` (nobody of the role called it); anything when absent.
    #[serde(default)]
    pub result: Option<String>,
}

/// Some process of the role opened a file.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Opened {
    /// Who.
    pub by: Vec<String>,
    /// End of the path.
    pub file: String,
    /// The error; without it the open succeeded.
    #[serde(default)]
    pub err: Option<String>,
    /// Nobody of the role did it at all.
    #[serde(default)]
    pub never: bool,
}

/// Every process of the role mapped a file executable.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mapped {
    /// Who.
    pub by: Vec<String>,
    /// End of the path.
    pub file: String,
    /// The error; without it the mapping succeeded.
    #[serde(default)]
    pub err: Option<String>,
}

/// Every process of the role wrote these words.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Said {
    /// Who.
    pub by: Vec<String>,
    /// The words, within one descriptor's text.
    pub text: String,
    /// Nobody of the role wrote them.
    #[serde(default)]
    pub never: bool,
}

/// The facts about a failed load name exactly these as missing.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lacks {
    /// End of the path of the library.
    pub file: String,
    /// Libraries nothing provides, each in the order of loading.
    #[serde(default)]
    pub libraries: Vec<String>,
    /// References nothing provides.
    #[serde(default)]
    pub symbols: Vec<String>,
    /// Versions nothing provides.
    #[serde(default)]
    pub versions: Vec<String>,
}
