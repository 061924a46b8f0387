//! What a folder, a load, a start, an answer and an end come to, in words.

use super::super::super::line::Role as Colour;
use crate::discover::model::{
    Answer, Child, End, Evidence, Folder, Init, Load, ModelStart, Outcome,
};
use crate::discover::role::Role;

pub(super) fn of_folder(folder: &Folder) -> String {
    let what = match folder {
        Folder {
            unreadable: Some((err, _)),
            ..
        } => format!("cannot be read ({err})"),
        Folder {
            dangling: Some(_), ..
        } => "is a link that leads nowhere".to_owned(),
        Folder {
            no_folder: Some(_), ..
        } => "is no folder".to_owned(),
        _ if !folder.exists() => "is not there".to_owned(),
        _ if folder.matches.is_empty() => "has no backend in it".to_owned(),
        _ => {
            let names: Vec<&str> = folder.matches.iter().map(|name| name.as_str()).collect();
            format!("has {}", names.join(", "))
        }
    };
    let skipped = if folder.skip_line.is_some() {
        "; the server says that it passes it over"
    } else {
        ""
    };
    format!("folder {} {what}{skipped}", folder.name)
}

pub(super) fn role(outcome: &Outcome) -> Colour {
    match outcome {
        Outcome::Loaded => Colour::Result,
        Outcome::Failed | Outcome::Died | Outcome::Hanging => Colour::Warning,
        Outcome::Unknown => Colour::Plain,
    }
}

pub(super) fn of_load(load: &Load) -> String {
    let what = match load.outcome {
        Outcome::Loaded => "loaded".to_owned(),
        Outcome::Failed => load.words.first().map_or_else(
            || "not loaded".to_owned(),
            |words| format!("not loaded: {}: {}", words.object, words.text),
        ),
        Outcome::Died => "the process ended inside".to_owned(),
        Outcome::Hanging => "had not come back".to_owned(),
        Outcome::Unknown => "result not seen".to_owned(),
    };
    format!("{}: {what}", load.asked)
}

pub(super) fn of_init(init: &Init) -> String {
    let what = if init.no_symbol {
        "has no ggml_backend_init"
    } else if init.null {
        "started and gave no backend"
    } else if init.unfinished {
        "had not come back from its start"
    } else if init.score == Some(0) {
        "refuses this machine (score 0)"
    } else if init.registered {
        "registered"
    } else {
        "started"
    };
    format!("{}: {what}", init.file)
}

pub(in crate::view::explain) fn of_answer(answer: &Answer) -> String {
    let names: Vec<String> = answer
        .devices
        .iter()
        .map(|device| format!("{} {}", device.library, device.id))
        .collect();
    match (&answer.error, names.is_empty()) {
        (Some(error), _) => format!("answered with an error: {error}"),
        (None, true) => "answered: no device".to_owned(),
        (None, false) => format!("answered: {}", names.join(", ")),
    }
}

fn of_end(end: &End) -> (Option<&Evidence>, String) {
    match end {
        End::Unknown => (None, "its end was not seen".to_owned()),
        End::Exit(code, seen) => (seen.as_ref(), format!("ended with exit code {code}")),
        End::KilledByServer {
            before_answer: true,
            seen,
            ..
        } => (
            seen.as_ref(),
            "killed by the server before it had answered".to_owned(),
        ),
        End::KilledByServer { seen, .. } => (
            seen.as_ref(),
            "ended by the server, as is normal".to_owned(),
        ),
        End::OutOfMemory(seen) => (
            seen.as_ref(),
            "ended by the kernel for lack of memory".to_owned(),
        ),
        End::Signal { name, seen, .. } => (seen.as_ref(), format!("ended by {name}")),
    }
}

/// How a process ended. One that serves a model answers nothing that counts: that the server ends it is its usual end.
pub(in crate::view::explain) fn end_of(child: &Child) -> (Option<&Evidence>, String) {
    match (&child.role, &child.end) {
        (Role::Model { .. }, End::KilledByServer { seen, .. }) => (
            seen.as_ref(),
            "ended by the server, which needs the model no more or starts it in another way"
                .to_owned(),
        ),
        (_, end) => of_end(end),
    }
}

/// Where a model went, as far as the server or its process said.
pub(super) fn of_model(start: &ModelStart) -> String {
    let layers = match start.offloaded {
        Some((on, all)) => format!("{on} of {all} layers on a GPU"),
        None => "how many layers went to a GPU was not said".to_owned(),
    };
    let given = match start.dir.as_str() {
        "" => String::new(),
        dir => format!(", with {dir}"),
    };
    format!("a model is started{given}: {layers}")
}
