//! Ollama makes a file for each look at a backend, and could not.

use crate::discover::model::{Era, Evidence};
use crate::event::Errno;

use super::super::advice::{self, RESTART};
use super::super::case::{Case, at};
use super::super::explanation::Finding;
use super::super::rule::{Check, Rule, Stage};
use super::spawn::refusal;

pub(super) static RULES: &[&Rule] = &[&NO_TEMPORARY];

static NO_TEMPORARY: Rule = Rule {
    id: "VG035",
    stage: Stage::Spawn,
    title: "The runner cannot write its temporary file",
    story: "Until 0.24 a runner writes a small model into TMPDIR (or /tmp) before it loads any backend. When it cannot, it answers with an error \
and no backend is looked at. The INFO line gives the error.",
    proof: "The refused file, or the error in the runner's answer.",
    remedy: &[
        "Give the service a temporary folder that its user may write:",
        "$ sudo systemctl edit ollama",
    ],
    rows: &["runner 17"],
    check: Check::Backend(no_temporary),
};

/// The runner's error is about its temporary file.
fn is_about_temporary(text: &str) -> bool {
    text.contains("failed to initialize ba") && text.contains(".bin") && file_named(text).is_some()
}

/// The file of Go's words `open FILE: ...` or `write FILE: ...`.
fn file_named(text: &str) -> Option<String> {
    let rest = text
        .split_once("open ")
        .or_else(|| text.split_once("write "))?
        .1;
    Some(rest.split(": ").next()?.to_owned())
}

fn no_temporary(case: &Case<'_>) -> Vec<Finding> {
    let healthy = case
        .attempts
        .iter()
        .any(|attempt| attempt.answer.as_ref().and_then(|answer| answer.status) == Some(200));
    if case.model.era == Era::LlamaServer || case.loads().next().is_some() || healthy {
        return Vec::new();
    }
    let refused: Vec<(&Errno, &Evidence)> = case
        .deciding()
        .flat_map(|child| &child.refused)
        .filter(|(_, seen)| {
            seen.text.as_str().starts_with("open ") && seen.text.as_str().ends_with(".bin")
        })
        .map(|(err, seen)| (err, seen))
        .collect();
    let answers: Vec<&Evidence> = case
        .attempts
        .iter()
        .filter_map(|attempt| attempt.answer.as_ref())
        .filter(|answer| {
            answer
                .error
                .as_ref()
                .is_some_and(|error| is_about_temporary(error.as_str()))
        })
        .filter_map(|answer| answer.seen.as_ref())
        .chain(
            case.failure_lines()
                .filter(|line| is_about_temporary(line.text.as_str())),
        )
        .collect();
    if refused.is_empty() && answers.is_empty() {
        return Vec::new();
    }
    let file = refused
        .first()
        .map(|(_, seen)| seen.text.as_str().trim_start_matches("open ").to_owned())
        .or_else(|| {
            let text = answers.first()?.text.as_str();
            file_named(text)
        })
        .unwrap_or_default();
    let why = refused.first().map_or_else(
        || {
            answers
                .first()
                .map_or_else(String::new, |line| refusal(line.text.as_str()))
        },
        |(err, _)| err.to_string(),
    );
    let tmpdir = case.model.server_variable("TMPDIR");
    let set = at(
        case.model
            .server
            .as_ref()
            .and_then(|server| server.seen.as_ref()),
        tmpdir.map_or_else(
            || "TMPDIR is not set: /tmp".to_owned(),
            |value| format!("TMPDIR={value}"),
        ),
    );
    vec![
        NO_TEMPORARY
            .found(format!(
                "The runner could not write its temporary file {file} ({why}) and gave up before it looked at any backend."
            ))
            .object(if file.is_empty() { "TMPDIR".to_owned() } else { super::super::words::parent(&file).to_owned() })
            .proof(refused.iter().map(|(_, seen)| *seen))
            .proof(answers)
            .proof(set.as_ref())
            .do_lines(temporary(super::super::words::parent(&file), &why))
            .so(RESTART),
    ]
}

/// What helps depends on whose folder it is and what is wrong with it.
fn temporary(folder: &str, why: &str) -> Vec<String> {
    let shared = matches!(folder, "/tmp" | "/var/tmp");
    let (what, command) = match why {
        "EROFS" => (
            "The folder is on a file system that is read-only for the service; see what makes it so:",
            format!(
                "$ findmnt -T {folder} -o TARGET,OPTIONS; systemctl show ollama -p ProtectSystem,PrivateTmp"
            ),
        ),
        "EACCES" | "EPERM" if shared => (
            "Make the folder writable for every user, as it has to be:",
            format!("$ sudo chmod 1777 {folder}"),
        ),
        _ => (
            "See whether the folder is there, whose it is, and whether its disk has room:",
            format!("$ ls -ld {folder}; df -h {folder}"),
        ),
    };
    let other = if folder == "/var/tmp" {
        "/tmp"
    } else {
        "/var/tmp"
    };
    vec![
        what.to_owned(),
        command,
        "Or give the service a folder that its user may write:".to_owned(),
        format!("{}   # Environment=TMPDIR={other}", advice::EDIT_UNIT),
    ]
}

/// The temporary file is the reason, so the error that the runner answered is no other one.
pub(super) fn is_temporary(case: &Case<'_>) -> bool {
    !no_temporary(case).is_empty()
}
