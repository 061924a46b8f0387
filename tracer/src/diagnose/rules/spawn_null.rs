//! Go opens /dev/null for a process without input, before it makes the process (os/exec).

use crate::discover::model::{Evidence, Line, Spawn};

use super::super::advice::RESTART;
use super::super::case::Case;
use super::super::explanation::Finding;
use super::super::rule::{Check, Rule, Stage};

pub(super) static RULES: &[&Rule] = &[&NO_NULL];

static NO_NULL: Rule = Rule {
    id: "VG041",
    stage: Stage::Spawn,
    title: "/dev/null cannot be opened",
    story: "The server gives each process /dev/null as its input and opens it first. In a chroot or container without /dev, or where somebody has written a file in its place, that fails, and no process is made.",
    proof: "The server's line about the process, which names /dev/null.",
    remedy: &[
        "/dev/null must be a device that everybody may read and write; put it back:",
        "$ ls -l /dev/null; sudo rm -f /dev/null && sudo mknod -m 666 /dev/null c 1 3",
        "In a chroot or a container of one's own, mount the host's /dev or a devtmpfs there.",
        RESTART,
    ],
    rows: &["runner 12", "llama-server 8"],
    check: Check::Backend(no_null),
};

/// discover/runner.go.
const NOT_STARTED: &str = "failed to start runner to discovery GPUs";
const OPENING: &str = "open /dev/null: ";

/// The system's words for the failure, where the server's error is about /dev/null.
pub(super) fn refusal(text: &str) -> Option<&str> {
    let (_, rest) = text.split_once(OPENING)?;
    rest.split(['"', '\\']).next().map(str::trim)
}

/// The line of a runner that was not started names no folder: it is of the one for which no process was seen.
pub(super) fn not_started<'a>(case: &Case<'a>) -> impl Iterator<Item = &'a Evidence> {
    let unmade = |line: &&Line| line.message.as_str().starts_with(NOT_STARTED);
    let lines = case.model.lines.iter().filter(unmade);
    let alone = case.attempts.is_empty();
    lines
        .filter(move |_| alone)
        .filter_map(|line| line.seen.as_ref())
}

fn no_null(case: &Case<'_>) -> Vec<Finding> {
    if case.answered() {
        return Vec::new();
    }
    let of_children = case.children.iter().filter_map(|child| match &child.spawn {
        Spawn::Failed(seen) => Some(seen),
        _ => None,
    });
    let seen: Vec<&Evidence> = of_children
        .chain(case.failure_lines())
        .chain(not_started(case))
        .filter(|seen| refusal(seen.text.as_str()).is_some())
        .collect();
    let Some(why) = seen.first().and_then(|seen| refusal(seen.text.as_str())) else {
        return Vec::new();
    };
    vec![
        NO_NULL
            .found(format!(
                "No process was made for {}: the server opens /dev/null for it, and that fails ({why}).",
                case.name
            ))
            .object("/dev/null")
            .proof(seen)
            .do_all(NO_NULL.remedy),
    ]
}
