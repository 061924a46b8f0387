//! The processes of one look disagree: one of them failed alone (from 0.30 on).

use super::super::case::{Case, who};
use super::super::explanation::Finding;
use super::super::rule::{Check, Rule, Stage};
use super::crash::{capital, crash_of, place};
use crate::discover::model::End;
use crate::discover::role::Step;

pub(super) static RULES: &[&Rule] = &[&ONLY_FIRST_START, &ONLY_PROBE];

static ONLY_FIRST_START: Rule = Rule {
    id: "VG091",
    stage: Stage::Init,
    title: "Only the first llama-server crashed",
    story: "llama-server is started twice for a folder. When only the first, brief start crashes, devices still come from the second: the folder is used, and only the filter by architecture is off.",
    proof: "A crash in the first start and an answer of the second.",
    remedy: &["The library that crashes should be replaced all the same."],
    rows: &["llama-server 28"],
    check: Check::Warning(only_first_start),
};

fn only_first_start(case: &Case<'_>) -> Vec<Finding> {
    only(
        case,
        Step::Start,
        &ONLY_FIRST_START,
        "the list of devices came from the second start all the same",
    )
}

static ONLY_PROBE: Rule = Rule {
    id: "VG092",
    stage: Stage::Init,
    title: "Only the probe failed",
    story: "ollama gpu-discover adds PCI id and driver version. When it alone crashes or hangs (15 s), the folder is used; the PCI id is lost and the driver's version guessed from the folder.",
    proof: "A crash or kill of the probe and a device in the list.",
    remedy: &["The library that crashes should be replaced all the same."],
    rows: &["llama-server 29"],
    check: Check::Warning(only_probe),
};

fn only_probe(case: &Case<'_>) -> Vec<Finding> {
    only(
        case,
        Step::Probe,
        &ONLY_PROBE,
        "the folder is judged by the list, so that costs only the PCI id and the driver's version",
    )
}

fn only(case: &Case<'_>, step: Step, rule: &Rule, effect: &str) -> Vec<Finding> {
    let decided = case
        .deciding()
        .any(|child| crash_of(child).is_none() && child.answer.is_some());
    if !decided {
        return Vec::new();
    }
    let mut found = None;
    for child in case
        .children
        .iter()
        .filter(|child| child.role.step() == Some(step))
    {
        let killed = match &child.end {
            End::KilledByServer {
                before_answer: true,
                seen,
                ..
            } if step == Step::Probe => seen.as_ref(),
            _ => None,
        };
        let crash = crash_of(child);
        if crash.is_none() && killed.is_none() {
            continue;
        }
        let (what, site) = crash.as_ref().map_or_else(
            || ("was killed for want of an answer".to_owned(), String::new()),
            |seen| {
                (
                    format!(
                        "crashed with {}",
                        if seen.signal.is_empty() {
                            "a signal"
                        } else {
                            seen.signal
                        }
                    ),
                    place(seen.crash),
                )
            },
        );
        found = Some(
            rule.found(format!("{} {what}{site}; {effect}.", capital(who(child))))
                .proof(crash.into_iter().flat_map(|seen| seen.evidence))
                .proof(killed)
                .do_all(rule.remedy),
        );
    }
    found.into_iter().collect()
}
