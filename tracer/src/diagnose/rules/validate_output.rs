//! The answer was there, and the server did not take it: the output did not end (os/exec, Cmd.WaitDelay).

use crate::discover::model::{Evidence, Origin};

use super::super::advice::{self, RESTART};
use super::super::case::Case;
use super::super::explanation::Finding;
use super::super::rule::{Check, Rule, Stage};

pub(super) static RULES: &[&Rule] = &[&HELD_OPEN];

static HELD_OPEN: Rule = Rule {
    id: "VG148",
    stage: Stage::Validate,
    title: "A process left behind holds the output of the list",
    story: "From 0.30 on the server reads the output of llama-server --list-devices until it ends, and waits 5 s more when the process is gone and the output is not. A driver or shim that forks a helper without giving it other descriptors keeps it open; \
then the server throws the answer away, devices and all.",
    proof: "The server's line with \"WaitDelay expired before I/O complete\".",
    remedy: &[
        "Have the library that forks give its helper /dev/null for input and output (descriptors 0 to 2), or start that helper as a service of its own before Ollama.",
    ],
    rows: &[],
    check: Check::Backend(held_open),
};

fn held_open(case: &Case<'_>) -> Vec<Finding> {
    let lines: Vec<&Evidence> = case
        .failure_lines()
        .filter(|line| line.text.as_str().contains("WaitDelay expired"))
        .collect();
    if lines.is_empty() {
        return Vec::new();
    }
    let mut finding = HELD_OPEN
        .found(format!(
            "llama-server --list-devices for {} ended, and its output stayed open: a process that it left behind, such as a helper that a driver forks, holds it. The server waited 5 s and threw the answer away.",
            case.name
        ))
        .proof(lines)
        .do_all(HELD_OPEN.remedy);
    if case.model.origin == Origin::Log {
        finding = finding
            .so("A recording shows which process that is, and who made it:")
            .so(advice::record(case.model));
    }
    vec![finding.so(RESTART)]
}
