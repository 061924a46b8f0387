//! The facts of a layout: what a recording must say about the processes of each role.

use serde::Deserialize;

use crate::standin::Era;

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
    /// Verdicts of backends.
    #[serde(default)]
    pub verdict: Vec<Judged>,
    /// Findings about the whole run, and warnings of backends.
    #[serde(default)]
    pub told: Vec<Told>,
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

/// What `explain` must say of a backend.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Judged {
    /// The backend: base name of its folder.
    pub backend: String,
    /// The verdict.
    pub verdict: String,
    /// The rule of its cause; none for a backend that is used.
    #[serde(default)]
    pub rule: Option<String>,
    /// End of the missing or wrong object.
    #[serde(default)]
    pub object: Option<String>,
    /// It is said in this era only.
    #[serde(default)]
    pub era: Option<Era>,
}

/// A finding that `explain` has beside its verdicts.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Told {
    /// Its rule.
    pub rule: String,
    /// End of the object it is about.
    #[serde(default)]
    pub object: Option<String>,
    /// It is said in this era only.
    #[serde(default)]
    pub era: Option<Era>,
}
