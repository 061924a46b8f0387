//! The answer: verdicts, causes, evidence, remedies. Text and JSON are made from this and from nothing else.

use crate::discover::model::{Device, Era, Evidence, Origin};
use crate::event::Text;

/// What became of a backend.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Verdict {
    /// A device of it is in the server's final list.
    Used,
    /// A device came out and was removed.
    Filtered,
    /// Tried, and no device came out.
    Failed,
    /// Seen by the server, and passed over by a rule.
    Skipped,
    /// The server never saw a candidate.
    Absent,
    /// The trace or log cannot tell.
    Unknown,
}

impl Verdict {
    /// All of them, best first.
    pub const ALL: [Self; 6] = [
        Self::Used,
        Self::Filtered,
        Self::Failed,
        Self::Skipped,
        Self::Absent,
        Self::Unknown,
    ];

    /// As it stands in JSON.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Used => "used",
            Self::Filtered => "filtered",
            Self::Failed => "failed",
            Self::Skipped => "skipped",
            Self::Absent => "absent",
            Self::Unknown => "unknown",
        }
    }
}

/// How sure a cause is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Certainty {
    /// The events prove it.
    Certain,
    /// It fits all that was seen, and something else could too.
    Likely,
}

impl Certainty {
    /// As it stands in JSON.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Certain => "certain",
            Self::Likely => "likely",
        }
    }
}

/// One cause, by one rule.
#[derive(Clone, Debug, PartialEq)]
pub struct Finding {
    /// The rule: `VG012`.
    pub rule: &'static str,
    /// `scan`, `skip`, `spawn`, `load`, `init`, `device`, `answer`, `validate`, `filter`, `model`, `host`.
    pub stage: &'static str,
    /// The cause in one sentence.
    pub sentence: String,
    /// The object that is missing or wrong: a soname, file, symbol, variable.
    pub missing_object: Option<Text>,
    /// Everything that is missing, in words, when it is more than one thing.
    pub missing: Vec<Text>,
    /// How sure it is.
    pub certainty: Certainty,
    /// What proves it.
    pub evidence: Vec<Evidence>,
    /// What to do: sentences and commands, each one line. A command begins with `$ `.
    pub remedy: Vec<String>,
}

/// What became of one backend, and why.
#[derive(Clone, Debug, PartialEq)]
pub struct BackendVerdict {
    /// Base name of its folder, or `toplevel`, `cwd`.
    pub name: Text,
    /// The folder.
    pub dir: Text,
    /// What became of it.
    pub verdict: Verdict,
    /// Its cause first, then what would have stopped it next. Empty for a backend that is used.
    pub findings: Vec<Finding>,
    /// Findings that changed nothing, or that the user should know all the same.
    pub warnings: Vec<Finding>,
    /// For `unknown`: what would settle it, sentences and commands as in a remedy.
    pub to_settle: Vec<String>,
}

/// A device that some process reported, and what became of it.
#[derive(Clone, Debug, PartialEq)]
pub struct DeviceVerdict {
    /// Its id, as Ollama writes it.
    pub id: Text,
    /// CUDA, ROCm, Vulkan.
    pub library: Text,
    /// Base name of the folder.
    pub dir: Text,
    /// PCI id; empty when not known.
    pub pci_id: Text,
    /// `Used` or `Filtered`.
    pub verdict: Verdict,
    /// Why it was removed.
    pub finding: Option<Finding>,
}

/// The whole answer.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Explanation {
    /// What the facts were taken from.
    pub origin: Origin,
    /// Ollama's version, where it is known.
    pub version: Option<Text>,
    /// How it discovers.
    pub era: Era,
    /// Its library folder; empty when not known.
    pub library_dir: Text,
    /// One for each backend, in order of the folder's name.
    pub backends: Vec<BackendVerdict>,
    /// Devices that were reported.
    pub devices: Vec<DeviceVerdict>,
    /// Devices of the final list, as Ollama printed them.
    pub used: Vec<Device>,
    /// Findings about the machine or the whole run (no GPU on the bus, server not found, LD_PRELOAD ...).
    pub general: Vec<Finding>,
    /// What became of each model, in order.
    pub models: Vec<Finding>,
    /// Plain sentences: loss, truncation, what the log cannot show.
    pub notes: Vec<String>,
    /// Records that were lost.
    pub lost: u64,
    /// The server ended its discovery on the CPU.
    pub cpu_only: bool,
    /// The discovery was over.
    pub finished: bool,
    /// The GPU of the run is no real one: the sentence that says so.
    pub virtual_gpu: Option<Text>,
}
