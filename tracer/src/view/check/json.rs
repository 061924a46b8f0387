//! One JSON object on one line; docs/check.schema.json describes it.

use serde_json::{Value, json};

use super::super::escape;
use super::place;
use crate::diagnose::Finding;
use crate::diagnose::tree::{Check, FolderCheck};
use crate::event::tree::{EnvironmentOf, Facts};

/// Writes the object.
#[must_use]
pub fn json(facts: &Facts, check: &Check) -> String {
    let ollama = facts.ollama.as_ref();
    let server = &facts.server;
    let (kind, name) = match &server.source {
        EnvironmentOf::Unit(unit) => ("unit", unit.as_str().to_owned()),
        EnvironmentOf::Process(pid) => ("process", pid.to_string()),
        EnvironmentOf::Caller => ("caller", String::new()),
        EnvironmentOf::Nobody => ("nobody", String::new()),
    };
    let value = json!({
        "clean": check.is_clean(),
        "root": facts.root,
        "ollama": {
            "program": check.program,
            "found_by": ollama.map(|ollama| &ollama.by),
            "era": check.era.name(),
            "library_dir": check.library_dir,
        },
        "server": {
            "kind": kind,
            "name": name,
            "user": server.user.shown(),
            "uid": server.user.uid,
            "working_dir": server.cwd,
            "files": server.unit_files,
        },
        "backends": check.folders.iter().map(folder).collect::<Value>(),
        "general": findings(&check.general),
        "warnings": findings(&check.warnings),
        "drivers": facts.drivers.iter().map(|driver| json!({
            "name": driver.name,
            "file": driver.file,
            "via": driver.via,
        })).collect::<Value>(),
        "notes": check.notes,
    });
    let mut line = escape::json(&value.to_string()).into_owned();
    line.push('\n');
    line
}

fn folder(folder: &FolderCheck) -> Value {
    json!({
        "name": folder.name,
        "dir": folder.dir,
        "state": folder.state.name(),
        "words": folder.words,
        "candidate": folder.candidate,
        "findings": findings(&folder.findings),
        "warnings": findings(&folder.warnings),
    })
}

fn findings(findings: &[Finding]) -> Value {
    findings.iter().map(finding).collect()
}

fn finding(finding: &Finding) -> Value {
    let evidence: Value = finding
        .evidence
        .iter()
        .map(|one| json!({"at": place(one), "text": one.text}))
        .collect();
    json!({
        "rule": finding.rule,
        "stage": finding.stage,
        "cause": finding.sentence,
        "missing_object": finding.missing_object,
        "missing": finding.missing,
        "certainty": finding.certainty.name(),
        "evidence": evidence,
        "remedy": finding.remedy,
    })
}
