//! Rows of the recorder about itself, and of kinds that a newer release made.

use crate::event::host::{End, RootFacts};
use crate::event::loss::{Loss, Note};

use super::super::line::Role;
use super::super::{Looks, amount, escape};
use super::Row;

/// Columns of a body that this release cannot put in words; the whole is in the JSON form.
const UNKNOWN_COLUMNS: usize = 400;

pub(super) fn loss(body: &Loss, duration: Option<u64>, looks: Looks) -> Row {
    let mut row = Row::default();
    row.first
        .push(Role::Failed, "LOSS")
        .plain(" ")
        .push(Role::Failed, &amount::of(body.count, "record"))
        .plain(" lost: ")
        .plain(cause(body.cause.as_str()));
    if let Some(nanos) = duration {
        let time = amount::duration(nanos, looks.unicode);
        row.first.push(Role::Dim, &format!(" within {time}"));
    }
    row.first.plain(" ").push(Role::Failed, looks.cross());
    row
}

/// A cause of loss in words; one that is not known stands for itself.
pub(in crate::view) fn cause(cause: &str) -> &str {
    match cause {
        "ring" => "the buffer between kernel and recorder was full",
        "table" => "the table of open calls was full",
        "fault" => "memory could not be read",
        "breakpoint" => {
            "another tracer has breakpoints in the same place, calls there may be missing"
        }
        "decode" => "a record could not be decoded",
        "size" => "the trace is at its size limit",
        "disk" => "the disk took no more",
        other => other,
    }
}

/// What a container has of its own.
pub(super) fn root(body: &RootFacts) -> Row {
    let mut row = Row::new("root");
    row.first
        .push(Role::Dim, " of mount namespace ")
        .plain(&body.mount_namespace.to_string());
    for fact in [&body.os, &body.libc].into_iter().flatten() {
        row.first.plain(", ").plain(&escape::text(fact.as_str()));
    }
    let nodes: Vec<String> = body
        .nodes
        .iter()
        .map(|node| escape::word(node.path.as_str()).into_owned())
        .collect();
    let nodes = match nodes.is_empty() {
        true => "no GPU device nodes".to_owned(),
        false => nodes.join(" "),
    };
    row.first.plain(", ").plain(&nodes);
    row
}

pub(super) fn note(body: &Note) -> Row {
    let mut row = Row::new("note");
    row.first
        .plain(" ")
        .push(Role::Warning, body.text.as_str())
        .push(Role::Dim, &format!("  ({})", body.id));
    row
}

pub(super) fn end(body: &End) -> Row {
    let mut row = Row::new("end");
    row.first
        .plain(" of the recording: ")
        .plain(ended(body.why.as_str()));
    if let Some(status) = body.status {
        row.first.push(Role::Dim, &format!(", exit code {status}"));
    }
    if body.lost > 0 {
        let lost = amount::of(body.lost, "record");
        row.first.push(Role::Failed, &format!(", {lost} lost"));
    }
    row
}

/// Why a recording ended, in words.
pub(in crate::view) fn ended(why: &str) -> &str {
    match why {
        "exited" => "the command ended",
        "interrupted" => "interrupted",
        "timeout" => "time was up",
        "discovery" => "discovery was over",
        "pattern" => "the awaited text was written",
        "size" => "the trace is at its size limit",
        "disk" => "the disk took no more",
        other => other,
    }
}

pub(super) fn unknown(name: &str, body: &str) -> Row {
    let mut row = Row::new(name);
    row.first
        .plain(" ")
        .plain(&escape::fit(body, UNKNOWN_COLUMNS, "..."))
        .push(Role::Dim, "  (of a newer release)");
    row
}
