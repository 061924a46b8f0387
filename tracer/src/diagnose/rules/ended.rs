//! The process ended by itself, was ended by somebody, or took too long.

use super::super::advice::RESTART;
use super::super::case::{Case, is_deciding, path_of, who};
use super::super::explanation::Finding;
use super::super::rule::{Check, Rule, Stage};
use super::super::words::base;
use super::crash::{backend, capital, crash_of};
use crate::discover::model::{Child, End, Evidence, Outcome};

pub(super) static RULES: &[&Rule] = &[&LEFT, &HUNG, &KILLED];

static LEFT: Rule = Rule {
    id: "VG088",
    stage: Stage::Init,
    title: "The backend ended the process",
    story: "A constructor, ggml_backend_init or something it called ended the process with exit(n). A runner's code is told at TRACE only; llama-server's by one INFO line.",
    proof: "The exit code, without a signal and without an answer.",
    remedy: &["Replace the library that calls exit: a library must not end the program."],
    rows: &["runner 28", "runner 37", "llama-server 27"],
    check: Check::Backend(left),
};

fn left(case: &Case<'_>) -> Vec<Finding> {
    let ends: Vec<(&Child, u8, Option<&Evidence>)> = case
        .children
        .iter()
        .filter(|child| is_deciding(child) && crash_of(child).is_none() && child.answer.is_none())
        .filter(|child| child.loader_words.is_empty())
        .filter_map(|child| match &child.end {
            End::Exit(code, seen) => Some((*child, *code, seen.as_ref())),
            _ => None,
        })
        .collect();
    let Some((child, code, _)) = ends.first().copied() else {
        return by_line(case);
    };
    let started = case.inits().any(|(_, init)| init.unfinished);
    let loading = child.loads.iter().any(|load| load.outcome == Outcome::Died);
    let log = child.process.is_none();
    if !started && !loading && !(log && code != 0 && !matches!(code, 1 | 127)) {
        return Vec::new();
    }
    let during = if started {
        format!("while {} started (ggml_backend_init)", backend(case))
    } else if loading {
        format!("inside dlopen of {}", backend(case))
    } else {
        format!("while it looked at {}", case.name)
    };
    vec![
        LEFT
            .found(format!("{} ended by itself with exit code {code} {during}.", capital(who(child))))
            .object(if started || loading { backend(case) } else { String::new() })
            .certain_if(started || loading)
            .proof(ends.iter().filter_map(|(_, _, seen)| *seen))
            .proof(case.failure_lines())
            .so("A backend or driver library must not end the program; use the release's or vendor's own file.")
            .so(RESTART),
    ]
}

/// The server's line alone: `llama-server --list-devices failed: exit status 0xc0000005` (Windows gives no signal).
fn by_line(case: &Case<'_>) -> Vec<Finding> {
    if case.children.iter().any(|child| child.process.is_some()) {
        return Vec::new();
    }
    let line = case.failure_lines().find(|line| {
        line.text
            .as_str()
            .contains("--list-devices failed: exit status ")
    });
    let Some(line) = line else { return Vec::new() };
    let status = line
        .text
        .as_str()
        .split_once("exit status ")
        .map_or("", |(_, rest)| {
            rest.split(['"', ' ', ':']).next().unwrap_or("")
        });
    if matches!(status, "1" | "127") {
        return Vec::new();
    }
    let meaning = if status.eq_ignore_ascii_case("0xc0000005") {
        ", an access to memory that is not its own"
    } else {
        ""
    };
    vec![
        LEFT.found(format!("llama-server --list-devices ended with exit status {status}{meaning}, while it looked at {}.", case.name))
            .proof([line])
            .so("Update the GPU's driver and Ollama; if it stays, give the maintainers the output at OLLAMA_DEBUG=2."),
    ]
}

static HUNG: Rule = Rule {
    id: "VG089",
    stage: Stage::Init,
    title: "The look at the backend took too long",
    story: "The server gives one look 30 seconds: one runner, or from 0.30 on llama-server twice and the probe together. Then it kills the process and takes the folder for one without devices. A slow start of the \
driver (persistence mode off, many cards), a stuck device or a library that waits does that.",
    proof: "SIGKILL by the server before an answer, and the call that had not come back.",
    remedy: &[
        "Let the driver stay initialised:",
        "$ sudo nvidia-smi -pm 1",
    ],
    rows: &["runner 40", "llama-server 30", "stack 9"],
    check: Check::Backend(hung),
};

fn hung(case: &Case<'_>) -> Vec<Finding> {
    // A probe that was killed alone cost nothing: the list had answered before (discover/native_probe.go).
    let alone = case.answered();
    let killed: Vec<(&Child, u64, Option<&Evidence>)> = case
        .children
        .iter()
        .filter(|child| !alone || is_deciding(child))
        .filter_map(|child| match &child.end {
            End::KilledByServer {
                before_answer: true,
                after,
                seen,
            } => Some((*child, *after, seen.as_ref())),
            _ => None,
        })
        .collect();
    let lines: Vec<&Evidence> = case
        .failure_lines()
        .filter(|line| {
            let text = line.text.as_str();
            text.contains("before timeout") || text.contains("deadline exceeded")
        })
        .collect();
    if killed.is_empty() && lines.is_empty() || super::answer::is_unreached(case) {
        return Vec::new();
    }
    let hanging: Vec<&Evidence> = case
        .children
        .iter()
        .filter_map(|child| child.hanging.as_ref())
        .collect();
    let Waiting {
        file,
        call: open,
        in_dlopen,
    } = waiting(case, hanging.first().copied());
    let time = killed
        .first()
        .map_or(0, |(_, after, _)| after / 1_000_000_000);
    // The server's own line tells its limit; a log knows the begin of the process by its lines only.
    let limit = !lines.is_empty() && killed.iter().all(|(child, _, _)| child.process.is_none());
    let time = if time == 0 || limit {
        "its limit of 30 s".to_owned()
    } else {
        format!("{time} s")
    };
    let what = open.as_ref().map_or_else(
        || " What it was waiting for was not seen.".to_owned(),
        |open| format!(" It was waiting in {open}."),
    );
    let who = killed
        .first()
        .map_or("The process", |(child, _, _)| who(child));
    let mut finding = HUNG
        .found(format!(
            "{} for {} gave no answer and the server killed it after {time}.{what}",
            capital(who),
            case.name
        ))
        .object(file.or(open).unwrap_or_default())
        .proof(killed.iter().filter_map(|(_, _, seen)| *seen))
        .proof(lines)
        .proof(hanging);
    if in_dlopen {
        finding = finding
            .so("No start of a backend had begun: a library waits in its constructor, or the file system that it is read from does not answer:")
            .so(format!("$ findmnt -T {0}; ls -lL {0}", case.path()));
    }
    vec![
        finding
            .so("If the driver is slow to start, let it stay initialised:")
            .so("$ sudo nvidia-smi -pm 1")
            .so("If a library of your own waits there, it must answer within seconds: three processes do this one after the other.")
            .so(RESTART),
    ]
}

/// What a process waited for when it was killed.
struct Waiting {
    /// The backend's file.
    file: Option<String>,
    /// The call that had not come back.
    call: Option<String>,
    /// No start of a backend had begun.
    in_dlopen: bool,
}

fn waiting(case: &Case<'_>, hanging: Option<&Evidence>) -> Waiting {
    let starting = case
        .inits()
        .find(|(_, init)| init.unfinished)
        .map(|(_, init)| base(init.file.as_str()).to_owned());
    let loading = case
        .loads()
        .find(|(_, load)| load.outcome == Outcome::Hanging)
        .map(|(_, load)| base(path_of(load)).to_owned());
    let call = match (hanging, &starting, &loading) {
        (Some(seen), Some(file), _) if seen.text.as_str().starts_with("ggml_backend_init") => {
            Some(format!("ggml_backend_init of {file}"))
        }
        (Some(seen), _, _) => {
            let text = seen.text.as_str();
            let call = text.rsplit_once(", for ").map_or(text, |(call, _)| call);
            Some(call.to_owned())
        }
        (None, Some(file), _) => Some(format!("ggml_backend_init of {file}")),
        (None, None, Some(file)) => Some(format!("dlopen of {file}")),
        (None, None, None) => None,
    };
    let waits = |call: &String| call.starts_with("dlopen");
    Waiting {
        in_dlopen: starting.is_none() && call.as_ref().is_some_and(waits),
        file: starting.or(loading),
        call,
    }
}

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
    for child in case.deciding() {
        match &child.end {
            End::OutOfMemory(evidence) => {
                what.get_or_insert_with(|| "the kernel ended it for lack of memory".to_owned());
                seen.extend(evidence);
            }
            End::Signal {
                name,
                by,
                seen: evidence,
            } if by.is_some() || matches!(name.as_str(), "SIGKILL" | "SIGTERM") => {
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
            .so(RESTART),
    ]
}
