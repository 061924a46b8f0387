//! Devices that came out of a look, and those of them that are not in the final list.

use crate::discover::Model;
use crate::discover::model::{Device, Reported};
use crate::event::Text;

use super::case::Case;
use super::explanation::{BackendVerdict, DeviceVerdict, Finding, Verdict};
use super::rules;
use super::words::base;

/// Devices that are told at most.
const MOST: usize = 4_096;

/// Devices of a folder that is used that are not in the final list themselves.
pub(super) fn of<'a>(case: &Case<'a>) -> Vec<&'a Reported> {
    let mut all = case.reported();
    all.retain(|device| !is_listed(case.model, case.name, device));
    all
}

/// The final list has this device of this folder. It gives the number as the id and the list's name as the name
/// (from 0.30 on), or the same id.
fn is_listed(model: &Model, dir: &str, device: &Reported) -> bool {
    let id = device.id.as_str();
    let is_it = |listed: &&Device| {
        let name = listed
            .fields
            .get(&Text::from("name"))
            .map_or("", |name| name.as_str());
        listed.id.as_str() == id || name == id
    };
    model
        .devices
        .iter()
        .filter(|listed| listed.dirs.iter().any(|of| of.as_str() == dir))
        .any(|listed| is_it(&listed))
}

/// Every device that came out, and what became of it.
pub(super) fn devices(model: &Model, backends: &[BackendVerdict]) -> Vec<DeviceVerdict> {
    let mut all: Vec<DeviceVerdict> = model
        .devices
        .iter()
        .map(|device| DeviceVerdict {
            id: device.id.clone(),
            library: device.library.clone(),
            dir: device.dirs.first().cloned().unwrap_or_default(),
            pci_id: device.pci_id.clone(),
            verdict: Verdict::Used,
            finding: None,
        })
        .collect();
    for attempt in model.attempts.iter().filter(|attempt| attempt.pass == 1) {
        for device in attempt.answer.iter().flat_map(|answer| &answer.devices) {
            let verdict = backends.iter().find(|backend| backend.name == attempt.dir);
            let findings = match verdict {
                Some(verdict) if verdict.verdict == Verdict::Filtered => &verdict.findings,
                // What was found of the others is among the things worth knowing.
                Some(verdict)
                    if verdict.verdict == Verdict::Used
                        && !is_listed(model, attempt.dir.as_str(), device)
                        && finding_of(model, attempt.dir.as_str(), device, &verdict.warnings)
                            .is_some() =>
                {
                    &verdict.warnings
                }
                _ => continue,
            };
            if all.len() >= MOST {
                break;
            }
            all.push(DeviceVerdict {
                id: device.id.clone(),
                library: device.library.clone(),
                dir: attempt.dir.clone(),
                pci_id: device.pci_id.clone().unwrap_or_default(),
                verdict: Verdict::Filtered,
                finding: finding_of(model, attempt.dir.as_str(), device, findings).cloned(),
            });
        }
    }
    all
}

/// Why this one was removed: of a folder's devices some can be another folder's too, and others have failed.
fn finding_of<'a>(
    model: &Model,
    dir: &str,
    device: &Reported,
    findings: &'a [Finding],
) -> Option<&'a Finding> {
    // The list calls it CUDA0, the line 0.
    let id = device.id.as_str();
    let short = id.trim_start_matches(|one: char| one.is_ascii_alphabetic());
    let overlapped = model
        .lines_saying("filtering device with overlapping libraries")
        .any(|line| {
            line.field("library").is_some_and(|path| base(path) == dir)
                && line
                    .field("id")
                    .is_some_and(|named| named == id || named == short)
        });
    let of_a_filter = |finding: &&Finding| matches!(finding.stage, "validate" | "filter");
    let fits = |finding: &&Finding| (finding.rule == rules::OVERLAP.id) == overlapped;
    let mut all = findings.iter().filter(of_a_filter);
    let first = all.clone().next();
    all.find(fits).or(first)
}
