//! Somebody ended the process: the kernel for lack of memory, a person, or the service manager together with the server.

use super::super::advice::RESTART;
use super::super::case::Case;
use super::super::explanation::Finding;
use super::super::rule::{Check, Rule, Stage};
use crate::discover::model::{At, End, Evidence};

pub(super) static RULES: &[&Rule] = &[&KILLED];

static KILLED: Rule = Rule {
    id: "VG090",
    stage: Stage::Init,
    title: "Somebody killed the process",
    story: "The kernel's out-of-memory killer, a seccomp filter or a person ended the process. That the server itself kills a runner or the first llama-server after its answer is normal and is not \
meant.",
    proof: "The signal and its sender.",
    remedy: &["Give the service more memory, or find the sender."],
    rows: &["runner 41"],
    check: Check::Backend(killed),
};

fn killed(case: &Case<'_>) -> Vec<Finding> {
    let mut what = None;
    let mut seen = Vec::new();
    let mut unexplained = false;
    for child in case.deciding() {
        match &child.end {
            // A unit that is stopped ends with all its processes (systemd.kill(5), KillMode=control-group).
            End::Signal {
                name,
                seen: Some(seen),
                ..
            } if is_stop(name.as_str()) && is_after_stop(case, seen) => {}
            End::OutOfMemory(evidence) => {
                what.get_or_insert_with(|| "the kernel ended it for lack of memory".to_owned());
                seen.extend(evidence);
            }
            End::Signal {
                name,
                by,
                seen: evidence,
            } if child.crashes.iter().all(|own| own.signal != *name)
                && (by.is_some() || matches!(name.as_str(), "SIGKILL" | "SIGTERM")) =>
            {
                unexplained |= by.is_none() && name.as_str() == "SIGKILL";
                let by = by
                    .as_ref()
                    .map_or_else(String::new, |by| format!(" from {by}"));
                what.get_or_insert_with(|| format!("it was ended by {name}{by}"));
                seen.extend(evidence);
            }
            _ => {}
        }
    }
    let Some(what) = what else { return Vec::new() };
    vec![
        KILLED
            .found(format!("The process for {} gave no answer: {what}.", case.name))
            .proof(seen)
            .so("For lack of memory: raise MemoryMax= of the service or the container's limit, or free memory before the start.")
            .so("$ journalctl -k | grep -i 'killed process'")
            .do_all(if unexplained { &CPU_TIME } else { &[] })
            .so(RESTART),
    ]
}

/// The kernel ends a process so, too, that has used the time it may use (setrlimit(2), RLIMIT_CPU).
const CPU_TIME: [&str; 2] = [
    "If memory was not short: no sender is known, and at a limit of CPU time the kernel kills without a word; see whether there is one:",
    "$ systemctl show ollama -p LimitCPU; ulimit -t",
];

/// Signals by which a service is stopped.
fn is_stop(name: &str) -> bool {
    matches!(name, "SIGTERM" | "SIGINT" | "SIGHUP" | "SIGQUIT")
}

/// The server had been told to end, before its discovery was over.
fn is_after_stop(case: &Case<'_>, end: &Evidence) -> bool {
    let server = case.model.server.as_ref();
    let told = server.and_then(|server| server.told_to_end.as_ref());
    match (told.map(|told| &told.at), &end.at) {
        (Some(At::Event(told)), At::Event(end)) => told < end,
        _ => false,
    }
}

/// Processes that ended by such a signal while the server was told to end too.
pub(super) fn with_service<'a>(case: &Case<'a>) -> Vec<&'a Evidence> {
    case.deciding()
        .filter_map(|child| match &child.end {
            End::Signal { name, seen, .. } if is_stop(name.as_str()) => {
                seen.as_ref().filter(|seen| is_after_stop(case, seen))
            }
            _ => None,
        })
        .collect()
}
