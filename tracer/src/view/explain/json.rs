//! The answer as JSON. Its form is docs/explain.schema.json; fields are added, never renamed.

use serde::Serialize;

use super::super::escape;
use crate::diagnose::{Explanation, Finding};
use crate::discover::model::{At, Evidence};
use crate::event::Text;

#[derive(Serialize)]
struct Answer<'a> {
    ollama: Ollama<'a>,
    backends: Vec<Backend<'a>>,
    devices: Vec<Device<'a>>,
    general: Vec<Cause<'a>>,
    models: Vec<Cause<'a>>,
    notes: &'a [String],
    loss: u64,
    cpu_only: bool,
    finished: bool,
    virtual_gpu: Option<&'a Text>,
}

#[derive(Serialize)]
struct Ollama<'a> {
    version: Option<&'a Text>,
    era: &'static str,
    library_dir: &'a Text,
}

#[derive(Serialize)]
struct Backend<'a> {
    name: &'a Text,
    dir: &'a Text,
    verdict: &'static str,
    stage: Option<&'static str>,
    rule: Option<&'static str>,
    cause: Option<&'a str>,
    missing_object: Option<&'a Text>,
    missing: &'a [Text],
    certainty: Option<&'static str>,
    evidence: Vec<Proof<'a>>,
    remedy: &'a [String],
    further: Vec<Cause<'a>>,
    warnings: Vec<Cause<'a>>,
    to_settle: &'a [String],
}

#[derive(Serialize)]
struct Cause<'a> {
    rule: &'static str,
    stage: &'static str,
    cause: &'a str,
    missing_object: Option<&'a Text>,
    missing: &'a [Text],
    certainty: &'static str,
    evidence: Vec<Proof<'a>>,
    remedy: &'a [String],
}

#[derive(Serialize)]
struct Device<'a> {
    id: &'a Text,
    library: &'a Text,
    dir: &'a Text,
    pci_id: &'a Text,
    verdict: &'static str,
    rule: Option<&'static str>,
    cause: Option<&'a str>,
}

/// One place: the event's number, the log's line, or a file.
#[derive(Serialize)]
struct Proof<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    event: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    line: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<&'a Text>,
    text: &'a Text,
}

impl<'a> From<&'a Evidence> for Proof<'a> {
    fn from(evidence: &'a Evidence) -> Self {
        let (event, line, file) = match &evidence.at {
            At::Event(seq) => (Some(seq.0), None, None),
            At::Line(number) => (None, Some(*number), None),
            At::File(path) => (None, None, Some(path)),
            At::Host => (None, None, None),
        };
        Self {
            event,
            line,
            file,
            text: &evidence.text,
        }
    }
}

impl<'a> From<&'a Finding> for Cause<'a> {
    fn from(finding: &'a Finding) -> Self {
        Self {
            rule: finding.rule,
            stage: finding.stage,
            cause: &finding.sentence,
            missing_object: finding.missing_object.as_ref(),
            missing: &finding.missing,
            certainty: finding.certainty.name(),
            evidence: finding.evidence.iter().map(Proof::from).collect(),
            remedy: &finding.remedy,
        }
    }
}

/// One line of JSON with its end.
#[must_use]
pub fn to_json(explanation: &Explanation) -> String {
    let backends = explanation.backends.iter().map(|backend| {
        let first = backend.findings.first();
        Backend {
            name: &backend.name,
            dir: &backend.dir,
            verdict: backend.verdict.name(),
            stage: first.map(|finding| finding.stage),
            rule: first.map(|finding| finding.rule),
            cause: first.map(|finding| finding.sentence.as_str()),
            missing_object: first.and_then(|finding| finding.missing_object.as_ref()),
            missing: first
                .map(|finding| finding.missing.as_slice())
                .unwrap_or_default(),
            certainty: first.map(|finding| finding.certainty.name()),
            evidence: first
                .map(|finding| finding.evidence.iter().map(Proof::from).collect())
                .unwrap_or_default(),
            remedy: first
                .map(|finding| finding.remedy.as_slice())
                .unwrap_or_default(),
            further: causes(backend.findings.get(1..).unwrap_or_default()),
            warnings: causes(&backend.warnings),
            to_settle: &backend.to_settle,
        }
    });
    let devices = explanation.devices.iter().map(|device| Device {
        id: &device.id,
        library: &device.library,
        dir: &device.dir,
        pci_id: &device.pci_id,
        verdict: device.verdict.name(),
        rule: device.finding.as_ref().map(|finding| finding.rule),
        cause: device
            .finding
            .as_ref()
            .map(|finding| finding.sentence.as_str()),
    });
    let answer = Answer {
        ollama: Ollama {
            version: explanation.version.as_ref(),
            era: explanation.era.name(),
            library_dir: &explanation.library_dir,
        },
        backends: backends.collect(),
        devices: devices.collect(),
        general: causes(&explanation.general),
        models: causes(&explanation.models),
        notes: &explanation.notes,
        loss: explanation.lost,
        cpu_only: explanation.cpu_only,
        finished: explanation.finished,
        virtual_gpu: explanation.virtual_gpu.as_ref(),
    };
    let json = serde_json::to_string(&answer).unwrap_or_else(|_| "{}".to_owned());
    let mut out = escape::json(&json).into_owned();
    out.push('\n');
    out
}

fn causes(findings: &[Finding]) -> Vec<Cause<'_>> {
    findings.iter().map(Cause::from).collect()
}
