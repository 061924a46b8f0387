//! What a rule is: an id that never changes its meaning, words for a page, and a function that looks for it.

use crate::discover::Model;
use crate::discover::model::{Evidence, ModelStart};
use crate::event::Text;

use super::case::Case;
use super::explanation::{Certainty, Finding};

/// Pieces of evidence that one finding shows.
const MAX_EVIDENCE: usize = 12;

/// Where on a backend's way something happens, in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Stage {
    /// The server looks for folders.
    Scan,
    /// The server passes a folder over.
    Skip,
    /// A process for the folder is started.
    Spawn,
    /// The loader takes the library.
    Load,
    /// The library starts.
    Init,
    /// The library asks the driver for devices.
    Device,
    /// The process tells the server.
    Answer,
    /// The server tries a device a second time.
    Validate,
    /// The server removes devices.
    Filter,
    /// A model is put on the devices.
    Model,
    /// The machine, the service and its variables.
    Host,
    /// What the source can tell at all.
    Source,
    /// Beliefs that do not hold.
    Myth,
}

impl Stage {
    /// As it stands in JSON.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Scan => "scan",
            Self::Skip => "skip",
            Self::Spawn => "spawn",
            Self::Load => "load",
            Self::Init => "init",
            Self::Device => "device",
            Self::Answer => "answer",
            Self::Validate => "validate",
            Self::Filter => "filter",
            Self::Model => "model",
            Self::Host => "host",
            Self::Source => "source",
            Self::Myth => "myth",
        }
    }
}

/// What a rule looks at.
#[derive(Clone, Copy)]
pub(super) enum Check {
    /// The reason of one backend's verdict.
    Backend(fn(&Case<'_>) -> Vec<Finding>),
    /// Something worth knowing about one backend, whatever became of it.
    Warning(fn(&Case<'_>) -> Vec<Finding>),
    /// The machine or the whole run.
    General(fn(&Model) -> Vec<Finding>),
    /// One start of a model.
    Start(fn(&Model, &ModelStart) -> Option<Finding>),
    /// Given by the judge where no other rule speaks, or a page only.
    Given,
}

/// A rule.
pub struct Rule {
    /// `VG052`. Never used for anything else again.
    pub id: &'static str,
    /// Where it happens.
    pub stage: Stage,
    /// A few words.
    pub title: &'static str,
    /// What happens, and what Ollama's own log says about it.
    pub story: &'static str,
    /// What proves it.
    pub proof: &'static str,
    /// What to do: sentences; a command begins with `$ `.
    pub remedy: &'static [&'static str],
    /// Rows of the tables of docs/DIAGNOSES.md that it answers.
    pub rows: &'static [&'static str],
    /// How it is looked for.
    pub(super) check: Check,
}

impl std::fmt::Debug for Rule {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.id, self.title)
    }
}

impl Rule {
    /// A finding of this rule, certain until told otherwise.
    pub(super) fn found(&self, sentence: impl Into<String>) -> Finding {
        Finding {
            rule: self.id,
            stage: self.stage.name(),
            sentence: sentence.into(),
            missing_object: None,
            missing: Vec::new(),
            certainty: Certainty::Certain,
            evidence: Vec::new(),
            remedy: Vec::new(),
        }
    }
}

impl Finding {
    /// Other causes fit too.
    pub(super) fn likely(mut self) -> Self {
        self.certainty = Certainty::Likely;
        self
    }

    /// Certain only if this holds.
    pub(super) fn certain_if(mut self, holds: bool) -> Self {
        if !holds {
            self.certainty = Certainty::Likely;
        }
        self
    }

    /// The object that is missing or wrong.
    pub(super) fn object(mut self, object: impl Into<Text>) -> Self {
        let object = object.into();
        self.missing_object = (!object.is_empty()).then_some(object);
        self
    }

    /// Adds what proves it, each place once.
    pub(super) fn proof<'a>(mut self, evidence: impl IntoIterator<Item = &'a Evidence>) -> Self {
        for one in evidence {
            if self.evidence.len() >= MAX_EVIDENCE {
                break;
            }
            if !self.evidence.contains(one) {
                self.evidence.push(one.clone());
            }
        }
        self
    }

    /// Adds a line of what to do.
    pub(super) fn so(mut self, line: impl Into<String>) -> Self {
        self.remedy.push(line.into());
        self
    }

    /// Adds lines of what to do that were made for this run.
    pub(super) fn do_lines(mut self, lines: Vec<String>) -> Self {
        self.remedy.extend(lines);
        self
    }

    /// Adds several lines of what to do.
    pub(super) fn do_all(mut self, lines: &[&str]) -> Self {
        self.remedy
            .extend(lines.iter().map(|line| (*line).to_owned()));
        self
    }
}
