//! From facts to verdicts: what became of a folder decides which rules may speak, and their findings are put in order.

use std::collections::BTreeSet;

use crate::discover::Model;
use crate::discover::model::{Child, Device, Era, Folder, Origin, Place};
use crate::discover::role::{Role, Step};
use crate::event::Text;

use super::advice;
use super::case::Case;
use super::dropped;
use super::explanation::{BackendVerdict, Certainty, Explanation, Finding, Verdict};
use super::platform;
use super::quote;
use super::rule::{Check, Stage};
use super::rules;
use super::unexplained::{device_of_some_folder, no_filter_seen, no_reason, not_listed, not_over};

/// A note: it ends in the middle.
pub const SEARCH_CUT: &str = "The recording has no end and the discovery was not over.";

/// Says what became of each backend and why.
#[must_use]
pub fn explain(model: &Model) -> Explanation {
    let mut backends: Vec<BackendVerdict> = Vec::new();
    for (name, folder) in names(model) {
        let case = Case::new(model, &name, folder);
        if let Some(verdict) = backend(&case) {
            backends.push(verdict);
        }
    }
    let general = rules::all()
        .filter_map(|rule| match rule.check {
            Check::General(check) => Some(check(model)),
            _ => None,
        })
        .flatten()
        .collect();
    let mut explanation = Explanation {
        origin: model.origin,
        version: model.version.clone(),
        era: model.era,
        library_dir: model
            .server
            .as_ref()
            .map(|server| server.library_dir.path.clone())
            .unwrap_or_default(),
        devices: dropped::devices(model, &backends),
        backends,
        used: model.devices.clone(),
        general,
        models: model
            .models
            .iter()
            .filter_map(|start| start_of(model, start))
            .collect(),
        notes: notes(model),
        virtual_gpu: model.virtual_gpu.clone(),
        lost: model.blind.lost.iter().map(|lost| lost.count).sum(),
        cpu_only: model.cpu_only.is_some() && model.devices.is_empty(),
        finished: model.finished,
    };
    hush(&mut explanation);
    quote::fit(&mut explanation, model);
    if model.era == Era::Ggml {
        for finding in explanation
            .backends
            .iter_mut()
            .flat_map(|one| &mut one.findings)
        {
            advice::for_a_program(&mut finding.remedy);
        }
    }
    platform::fit(&mut explanation, model);
    explanation
}

/// Folders and backends to judge: those that exist, were asked for or tried, then those that this era ships.
fn names(model: &Model) -> Vec<(String, Option<&Folder>)> {
    let mut all: Vec<(String, Option<&Folder>)> = Vec::new();
    let mut known = BTreeSet::new();
    for folder in &model.folders {
        if folder.place == Place::Nowhere || folder.name.as_str() == "cpu" || folder.name.is_empty()
        {
            continue;
        }
        known.insert(folder.name.as_str().to_owned());
        all.push((folder.name.as_str().to_owned(), Some(folder)));
    }
    // Folders that it met in its working directory, not knowing its own place, are no backends of Ollama's.
    let server = model.server.as_ref();
    let lost = server.is_some_and(|server| server.library_dir.is_program_unknown());
    for attempt in model.attempts.iter().filter(|_| !lost) {
        let name = attempt.dir.as_str();
        if !name.is_empty() && name != "cpu" && known.insert(name.to_owned()) {
            all.push((name.to_owned(), None));
        }
    }
    for device in &model.devices {
        for dir in &device.dirs {
            if known.insert(dir.as_str().to_owned()) {
                all.push((dir.as_str().to_owned(), None));
            }
        }
    }
    let shipped: &[&str] = match model.era {
        Era::Runner => &["cuda_v12", "cuda_v13", "rocm", "vulkan"],
        Era::LlamaServer => &["cuda_v12", "cuda_v13", "rocm_v7_2", "vulkan"],
        // Since 0.12 both eras say so, at INFO, before they look.
        Era::Unknown if discovers(model) => &["cuda_v12", "cuda_v13", "vulkan"],
        Era::Ggml | Era::Unknown => &[],
    };
    for name in shipped {
        let relative =
            name.starts_with("rocm") && known.iter().any(|known| known.starts_with("rocm"));
        if !relative && known.insert((*name).to_owned()) {
            all.push(((*name).to_owned(), None));
        }
    }
    all.sort_by(|one, two| one.0.cmp(&two.0));
    all
}

/// The server said that it looks for devices.
fn discovers(model: &Model) -> bool {
    let mut lines = model.lines_saying("discovering available GPUs...");
    lines.next().is_some()
}

/// Findings of rules of these stages, in the order of a backend's way; what stopped the loader first comes first.
pub(super) fn reasons(case: &Case<'_>, stages: &[Stage]) -> Vec<Finding> {
    let mut all: Vec<(Stage, Finding)> = Vec::new();
    for rule in rules::all().filter(|rule| stages.contains(&rule.stage)) {
        if let Check::Backend(check) = rule.check {
            all.extend(check(case).into_iter().map(|finding| (rule.stage, finding)));
        }
    }
    let first = case
        .failed_loads()
        // Of a load without words what is missing is known, and not what stopped it.
        .filter(|(_, load)| !load.words.is_empty())
        .find_map(|(_, load)| load.missing.first())
        .map(|missing| match missing {
            crate::discover::model::Missing::Library { name, .. }
            | crate::discover::model::Missing::Symbol { name, .. } => name.clone(),
            crate::discover::model::Missing::Version { version, .. } => version.clone(),
            crate::discover::model::Missing::Unfit { file, .. } => file.clone(),
        });
    let refused = rules::refusal_comes_first(case);
    let rank = |finding: &Finding| {
        let refusal = rules::REFUSALS.contains(&finding.rule);
        (
            !STOPPED.contains(&finding.rule),
            refused && !refusal,
            first.is_none() || finding.missing_object != first,
        )
    };
    all.sort_by_key(|(stage, finding)| (*stage, rank(finding)));
    all.into_iter().map(|(_, finding)| finding).collect()
}

/// What ended a load before the loader came to what is missing: a cut file, somebody who answered in its place.
const STOPPED: [&str; 2] = ["VG061", "VG063"];

const TRYING: [Stage; 5] = [
    Stage::Spawn,
    Stage::Load,
    Stage::Init,
    Stage::Device,
    Stage::Answer,
];

/// The verdict of one folder; `None` for one that is of no interest.
fn backend(case: &Case<'_>) -> Option<BackendVerdict> {
    let mut verdict = judge(case)?;
    if verdict.verdict == Verdict::Used && !dropped::of(case).is_empty() {
        verdict.warnings = reasons(case, &[Stage::Validate, Stage::Filter]);
    }
    for rule in rules::all() {
        if let Check::Warning(check) = rule.check {
            verdict.warnings.extend(check(case));
        }
    }
    Some(verdict)
}

fn judge(case: &Case<'_>) -> Option<BackendVerdict> {
    let model = case.model;
    if is_used(case) {
        return Some(verdict(case, Verdict::Used, Vec::new()));
    }
    if !case.reported().is_empty() {
        if !model.finished {
            return Some(not_over(case));
        }
        let mut findings = reasons(case, &[Stage::Validate, Stage::Filter]);
        if findings.is_empty() {
            findings.push(no_filter_seen(case));
        }
        return Some(verdict(case, Verdict::Filtered, findings));
    }
    if let Some(verdict) = device_of_some_folder(case) {
        return Some(verdict);
    }
    // A piece of a log may tell of the second look or of a filter alone.
    if model.origin == Origin::Log && case.attempts.is_empty() {
        let stages: &[Stage] = if !case.second.is_empty() {
            &[Stage::Validate, Stage::Filter]
        } else if model.attempts.is_empty() {
            &[Stage::Filter]
        } else {
            &[]
        };
        let removed = reasons(case, stages);
        if !removed.is_empty() {
            return Some(verdict(case, Verdict::Filtered, removed));
        }
    }
    if case.tried() {
        // A log tells of a device by the line with which it was removed.
        let removed = reasons(case, &[Stage::Validate, Stage::Filter]);
        if model.origin == Origin::Log && model.finished && !removed.is_empty() {
            return Some(verdict(case, Verdict::Filtered, removed));
        }
        let findings = reasons(case, &TRYING);
        if !findings.is_empty() {
            return Some(verdict(case, Verdict::Failed, findings));
        }
        if case.is_everywhere() && case.loaded() && case.is_over() {
            return None;
        }
        return Some(if case.is_over() && rules::cut_short(case).is_empty() {
            no_reason(case)
        } else {
            not_over(case)
        });
    }
    let skipped = reasons(case, &[Stage::Skip]);
    if !skipped.is_empty() && case.folder.is_some_and(Folder::exists)
        || skipped.iter().any(|finding| {
            !finding.evidence.is_empty()
                && case.folder.is_some_and(|folder| folder.skip_line.is_some())
        })
    {
        return Some(verdict(case, Verdict::Skipped, skipped));
    }
    let scan = reasons(case, &[Stage::Scan]);
    if !scan.is_empty() {
        return Some(verdict(case, Verdict::Absent, scan));
    }
    if case.is_everywhere() {
        return None;
    }
    let candidate = case.folder.is_some_and(Folder::is_candidate);
    let spawn = reasons(case, &[Stage::Spawn]);
    if candidate && !spawn.is_empty() {
        return Some(verdict(case, Verdict::Failed, spawn));
    }
    if candidate {
        return Some(if model.finished {
            no_reason(case)
        } else {
            not_over(case)
        });
    }
    // Before 0.12 a line names the folders that a release carries, and none of them is looked at by itself.
    if model.origin == Origin::Log && model.era == Era::Unknown && case.folder.is_some() {
        return None;
    }
    Some(not_listed(case))
}

/// A device of it is in the final list.
fn is_used(case: &Case<'_>) -> bool {
    let named = |device: &Device| {
        device.dirs.iter().any(|dir| dir.as_str() == case.name)
            || (device.dirs.is_empty() && case.is_everywhere() && case.loaded())
    };
    if case.model.devices.iter().any(named) {
        return true;
    }
    let plain = case.model.era == Era::Ggml && !case.model.devices.is_empty();
    plain && case.loaded() && case.inits().any(|(_, init)| init.registered)
}

pub(super) fn verdict(case: &Case<'_>, verdict: Verdict, findings: Vec<Finding>) -> BackendVerdict {
    let to_settle = match findings.first() {
        Some(first) if first.certainty == Certainty::Likely && case.model.origin == Origin::Log => {
            advice::settle(case.model, Some(case.name))
        }
        _ => Vec::new(),
    };
    BackendVerdict {
        name: Text::from(case.name),
        dir: directory(case),
        verdict,
        findings,
        warnings: Vec::new(),
        to_settle,
    }
}

fn directory(case: &Case<'_>) -> Text {
    let path = case.path();
    if path == case.name {
        let library = case
            .model
            .server
            .as_ref()
            .map(|server| server.library_dir.path.as_str());
        return library
            .filter(|path| !path.is_empty())
            .map_or_else(Text::default, |library| {
                Text::from(format!("{library}/{}", case.name))
            });
    }
    Text::from(path)
}

fn start_of(model: &Model, start: &crate::discover::model::ModelStart) -> Option<Finding> {
    /// A model that does not run, and a backend that is not there, come before what memory says.
    const FIRST: [&str; 5] = ["VG167", "VG160", "VG166", "VG170", "VG168"];
    let rank = |id: &str| {
        FIRST
            .iter()
            .position(|first| *first == id)
            .unwrap_or(FIRST.len())
    };
    let mut of_starts: Vec<_> = rules::all()
        .filter_map(|rule| match rule.check {
            Check::Start(check) => Some((rank(rule.id), check)),
            _ => None,
        })
        .collect();
    of_starts.sort_by_key(|(rank, _)| *rank);
    of_starts.iter().find_map(|(_, check)| check(model, start))
}

/// Plain sentences about the source.
fn notes(model: &Model) -> Vec<String> {
    let mut notes = model.notes.clone();
    let lost: u64 = model.blind.lost.iter().map(|lost| lost.count).sum();
    let others = |cause: &Text| cause.as_str() != "breakpoint";
    let beside = !model.blind.lost.iter().any(|lost| others(&lost.cause));
    if lost > 0 && beside {
        notes.push(format!("Calls of {lost} functions may be missing: another tracer (a second recording, gdb, perf) has breakpoints in the same files. That something did not happen is likely at most; record again when it has ended."));
    } else if lost > 0 {
        notes.push(format!("{lost} records were lost while recording; that something did not happen is likely at most."));
    }
    for late in model.blind.late.iter().take(4) {
        notes.push(format!(
            "{} was probed late; its first calls may be missing.",
            late.path
        ));
    }
    if model.blind.damaged {
        notes.push("The trace is damaged; events are missing.".to_owned());
    }
    if model.origin == Origin::Trace && model.blind.cut && !model.finished {
        notes.push(SEARCH_CUT.to_owned());
    }
    if model.blind.began_late {
        notes.push("The beginning of the server's start is not in it.".to_owned());
    }
    let steps: Vec<Step> = model
        .children
        .iter()
        .filter_map(|child| child.role.step())
        .collect();
    if model.origin == Origin::Log && !steps.is_empty() && model.era == Era::Runner {
        notes.push("A missing skip line proves nothing by itself: only a line that names a folder, or its process, shows that it was tried.".to_owned());
    }
    let is_program = |child: &Child| {
        // A log that ends in an error may have no word of ggml's.
        let nothing = child.loads.is_empty() && child.inits.is_empty() && child.calls.is_empty();
        let plain = model.origin != Origin::Log || model.era == Era::Ggml;
        child.role == Role::Program && plain && (child.process.is_some() || !nothing)
    };
    if model.children.iter().any(is_program) {
        notes.push(
            "This is a ggml program without Ollama; what it loads by itself is judged.".to_owned(),
        );
    }
    notes
}

/// A machine's own reason is said first, and once: a driver that is missing is no news where there is no card.
fn hush(explanation: &mut Explanation) {
    explanation.general.sort_by_key(|finding| {
        (
            finding.stage != "host" || finding.rule > "VG184",
            finding.rule,
        )
    });
}
