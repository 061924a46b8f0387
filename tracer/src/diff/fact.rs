//! A fact: one comparable thing about one role of a run.

use super::normal;
use crate::discover::model::Evidence;
use crate::event::Text;

/// What a fact is about, in the order in which one leads to the next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Stage {
    /// Which release of Ollama, which era.
    Release,
    /// GPUs on the bus, kernel modules, device nodes, the driver's version.
    Machine,
    /// Variables, arguments, working directory, user, unit.
    Setting,
    /// The library folder, and what is in which folder.
    Folder,
    /// Which file answers to a soname, and which file that is.
    File,
    /// What was tried: attempts, and skip rules.
    Attempt,
    /// How a process was made.
    Spawn,
    /// What the system refused.
    Refused,
    /// What the loader did.
    Load,
    /// Calls of drivers and runtimes, and the start of the backend.
    Call,
    /// How long it took, beside the server's limit for it.
    Time,
    /// What a process said.
    Words,
    /// What it answered to the server.
    Answer,
    /// How it ended.
    End,
    /// In which order it did the same things.
    Order,
    /// What became of the backend.
    Verdict,
}

impl Stage {
    /// All of them, in order.
    pub const ALL: [Self; 16] = [
        Self::Release,
        Self::Machine,
        Self::Setting,
        Self::Folder,
        Self::File,
        Self::Attempt,
        Self::Spawn,
        Self::Refused,
        Self::Load,
        Self::Call,
        Self::Time,
        Self::Words,
        Self::Answer,
        Self::End,
        Self::Order,
        Self::Verdict,
    ];

    /// The stage of a name.
    #[must_use]
    pub fn of_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|stage| stage.name() == name)
    }

    /// As it stands in JSON and in `--ignore`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Release => "release",
            Self::Machine => "machine",
            Self::Setting => "setting",
            Self::Folder => "folder",
            Self::File => "file",
            Self::Attempt => "attempt",
            Self::Spawn => "spawn",
            Self::Refused => "refused",
            Self::Load => "load",
            Self::Call => "call",
            Self::Time => "time",
            Self::Words => "words",
            Self::Answer => "answer",
            Self::End => "end",
            Self::Order => "order",
            Self::Verdict => "verdict",
        }
    }
}

/// What is compared with what.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key {
    /// Kind of the fact.
    pub stage: Stage,
    /// `machine`, `server`, `runner[cuda_v12] pass 1`, or a folder's name.
    pub role: String,
    /// What: the name of a variable, a soname, a file name, a function.
    pub name: String,
}

/// A value without noise: what is compared, and how it is said.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Value {
    /// Compared byte by byte.
    pub same: String,
    /// Shown in a sentence after "is", "comes from", "returns" and so on.
    pub shown: String,
}

impl Value {
    /// A value that is shown as it is compared.
    #[must_use]
    pub fn plain(text: impl Into<String>) -> Self {
        let shown = text.into();
        Self {
            same: normal::place(&shown).into_owned(),
            shown,
        }
    }

    /// A value whose noise is not compared but may be read.
    #[must_use]
    pub fn shown(same: impl Into<String>, shown: impl Into<String>) -> Self {
        Self {
            same: same.into(),
            shown: shown.into(),
        }
    }
}

/// What it says that a fact is not among those of the other side, which could have shown it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Absence {
    /// It is not so there: a difference.
    #[default]
    Differs,
    /// It follows from another difference: a file that a load which failed would have taken.
    Follows,
    /// Nothing: every process has a working directory, whether it was seen or not.
    SaysNothing,
}

/// One fact.
#[derive(Clone, Debug, PartialEq)]
pub struct Fact {
    /// Its value.
    pub value: Value,
    /// The folder it bears on; `None` for what bears on all of them.
    pub dir: Option<Text>,
    /// It only follows from an earlier stage (a child's variable that the server set): said last.
    pub derived: bool,
    /// Paths, names and words by which it is linked to a cause, beside its name and value.
    pub links: Vec<String>,
    /// Files that it depends on, by name or its beginning: `libcuda.so` for a call of the driver.
    pub stems_from: Vec<String>,
    /// Where it was seen.
    pub evidence: Option<Evidence>,
    /// Its name as it is on this side, where that is another one than that of the key.
    pub named: Option<String>,
    /// What is known of it where it is not seen.
    pub absence: Absence,
}

impl Fact {
    /// A fact that bears on everything.
    #[must_use]
    pub const fn new(value: Value) -> Self {
        Self {
            value,
            dir: None,
            derived: false,
            links: Vec::new(),
            stems_from: Vec::new(),
            evidence: None,
            named: None,
            absence: Absence::Differs,
        }
    }

    /// The folder it bears on.
    #[must_use]
    pub fn of_dir(mut self, dir: &Text) -> Self {
        self.dir = Some(dir.clone());
        self
    }

    /// It follows from an earlier stage.
    #[must_use]
    pub const fn derived(mut self) -> Self {
        self.derived = true;
        self
    }

    /// What its absence on the other side says.
    #[must_use]
    pub const fn where_absent(mut self, absence: Absence) -> Self {
        self.absence = absence;
        self
    }

    /// Words that link it to a cause.
    #[must_use]
    pub fn linked(mut self, words: impl IntoIterator<Item = String>) -> Self {
        self.links.extend(words);
        self
    }

    /// Files that it depends on.
    #[must_use]
    pub fn stemming_from<'a>(mut self, files: impl IntoIterator<Item = &'a str>) -> Self {
        self.stems_from.extend(files.into_iter().map(str::to_owned));
        self
    }

    /// Where it was seen.
    #[must_use]
    pub fn seen(mut self, evidence: Option<&Evidence>) -> Self {
        self.evidence = evidence.cloned();
        self
    }
}
