//! The explanation as far as the viewer shows it: plain texts, so that it can be kept in a file.

mod so_far;

use serde::{Deserialize, Serialize};

use crate::diagnose::{Explanation, Finding, Verdict};
use crate::discover::Model;
use crate::discover::model::{At, Era, Evidence};
use crate::view::explain;

/// A cause.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(in crate::tui) struct Cause {
    pub(in crate::tui) sentence: String,
    pub(in crate::tui) rule: String,
    pub(in crate::tui) certainty: String,
    pub(in crate::tui) remedy: Vec<String>,
    /// Numbers of the events that prove it.
    pub(in crate::tui) events: Vec<u64>,
}

/// One backend.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(in crate::tui) struct Backend {
    pub(in crate::tui) name: String,
    pub(in crate::tui) dir: String,
    pub(in crate::tui) verdict: String,
    /// It is not there, or nothing names it.
    pub(in crate::tui) aside: bool,
    pub(in crate::tui) causes: Vec<Cause>,
    pub(in crate::tui) to_settle: Vec<String>,
}

/// A phase of the discovery.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(in crate::tui) struct Phase {
    pub(in crate::tui) role: String,
    /// Nanoseconds.
    pub(in crate::tui) took: Option<u64>,
    pub(in crate::tui) words: String,
}

/// The whole.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(in crate::tui) struct Told {
    pub(in crate::tui) version: Option<String>,
    pub(in crate::tui) era: String,
    pub(in crate::tui) library_dir: String,
    /// What it comes to, the last sentence about the run itself.
    pub(in crate::tui) headline: Vec<String>,
    /// About the machine or the whole run.
    pub(in crate::tui) general: Vec<Cause>,
    /// What became of models.
    pub(in crate::tui) models: Vec<Cause>,
    pub(in crate::tui) backends: Vec<Backend>,
    /// Library and id of each device that is used.
    pub(in crate::tui) used: Vec<(String, String)>,
    /// The event in which the first of them was told.
    used_at: Option<u64>,
    pub(in crate::tui) notes: Vec<String>,
    pub(in crate::tui) phases: Vec<Phase>,
}

impl Told {
    pub(super) fn of(explanation: &Explanation, model: &Model) -> Self {
        let text = |text: &crate::event::Text| text.as_str().to_owned();
        let mut backends: Vec<_> = explanation.backends.iter().collect();
        backends.sort_by_key(|backend| place(backend.verdict));
        Self {
            version: explanation.version.as_ref().map(text),
            era: explanation.era.name().to_owned(),
            library_dir: text(&explanation.library_dir),
            headline: if is_about_something(explanation) {
                explain::headline(explanation)
            } else {
                Vec::new()
            },
            general: explanation.general.iter().map(cause).collect(),
            models: explanation.models.iter().map(cause).collect(),
            backends: backends
                .into_iter()
                .map(|backend| Backend {
                    name: text(&backend.name),
                    dir: text(&backend.dir),
                    verdict: backend.verdict.name().to_owned(),
                    aside: explain::is_aside(backend),
                    causes: backend.findings.iter().map(cause).collect(),
                    to_settle: backend.to_settle.clone(),
                })
                .collect(),
            used: explanation
                .used
                .iter()
                .map(|device| (text(&device.library), text(&device.id)))
                .collect(),
            used_at: explanation
                .used
                .iter()
                .find_map(|device| number(device.seen.as_ref()?)),
            notes: explanation.notes.clone(),
            phases: explain::phases(model).into_iter().map(phase).collect(),
        }
    }
}

/// What was tried comes before what is not there: a folder that is not installed is hardly why somebody looks.
fn place(verdict: Verdict) -> u8 {
    match verdict {
        Verdict::Used => 0,
        Verdict::Failed => 1,
        Verdict::Filtered => 2,
        Verdict::Skipped => 3,
        Verdict::Unknown => 4,
        Verdict::Absent => 5,
    }
}

/// There was a discovery, as far as one can tell: of any other program there is nothing to say.
fn is_about_something(explanation: &Explanation) -> bool {
    explanation.version.is_some()
        || !explanation.library_dir.is_empty()
        || !explanation.backends.is_empty()
        || explanation.era == Era::Ggml
}

/// The number of the event that proves something.
const fn number(evidence: &Evidence) -> Option<u64> {
    match evidence.at {
        At::Event(seq) => Some(seq.0),
        _ => None,
    }
}

impl Told {
    /// Number of the event to open at: the first cause of the first backend that failed; of a run without one what was
    /// wrong with a model, the device that is used, what is told of the machine.
    pub(super) fn begin(&self) -> Option<u64> {
        let first = |causes: &[Cause]| causes.first()?.events.first().copied();
        let of = |aside: bool| {
            let mut backends = self.backends.iter().filter(|one| one.aside == aside);
            backends.find_map(|backend| first(&backend.causes))
        };
        of(false)
            .or_else(|| {
                self.models
                    .iter()
                    .find_map(|one| one.events.first().copied())
            })
            .or(self.used_at)
            .or_else(|| {
                self.general
                    .iter()
                    .find_map(|one| one.events.first().copied())
            })
            .or_else(|| of(true))
    }
}

fn phase(phase: explain::Phase) -> Phase {
    let words = match (phase.open, phase.words.is_empty()) {
        (false, _) => phase.words,
        (true, true) => "its end was not seen".to_owned(),
        (true, false) => format!("{}; its end was not seen", phase.words),
    };
    Phase {
        role: phase.role,
        took: phase.took,
        words,
    }
}

fn cause(finding: &Finding) -> Cause {
    let events = finding.evidence.iter().filter_map(number);
    Cause {
        sentence: finding.sentence.clone(),
        rule: finding.rule.to_owned(),
        certainty: finding.certainty.name().to_owned(),
        remedy: finding.remedy.clone(),
        events: events.collect(),
    }
}

impl Backend {
    /// Its verdict is this one.
    pub(in crate::tui) fn is(&self, verdict: Verdict) -> bool {
        self.verdict == verdict.name()
    }
}

#[cfg(test)]
mod tests {
    use super::Told;
    use crate::diagnose::{BackendVerdict, Explanation, Verdict};
    use crate::discover::Model;
    use crate::event::Text;

    #[test]
    fn what_was_tried_comes_before_what_is_not_there() {
        let order = [
            ("a", Verdict::Absent),
            ("b", Verdict::Skipped),
            ("c", Verdict::Failed),
            ("d", Verdict::Absent),
            ("e", Verdict::Used),
        ];
        let backends = order.map(|(name, verdict)| BackendVerdict {
            name: Text::from(name),
            dir: Text::default(),
            verdict,
            findings: Vec::new(),
            warnings: Vec::new(),
            to_settle: Vec::new(),
        });
        let explanation = Explanation {
            backends: backends.into(),
            ..Explanation::default()
        };
        let told = Told::of(&explanation, &Model::default());
        let names: Vec<&str> = told
            .backends
            .iter()
            .map(|backend| backend.name.as_str())
            .collect();
        assert_eq!(names, ["e", "c", "b", "a", "d"]);
    }
}
